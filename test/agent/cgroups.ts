import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where cgroups of version 2 are, alone or beside those of version 1. */
const roots = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'];
const emptyWithinMs = 5000;

let counter = 0;

/** Real cgroups below a folder of their own; what runs in them ends with them. */
export class Cgroups {
  readonly #top: string;
  readonly #made = new Set<string>();

  constructor() {
    const root = roots.find((each) => existsSync(join(each, 'cgroup.procs')));
    if (root === undefined) throw new Error('there is no cgroup file system of version 2');
    this.#top = join(root, `weir-test-${process.pid}-${++counter}`);
  }

  /** Why none can be made here; false when they can. In the form of tap's `skip` option. */
  static whyNot(): string | false {
    return roots.some((each) => existsSync(join(each, 'cgroup.procs')))
      ? false
      : 'cgroups of version 2 are not mounted';
  }

  /** Makes a cgroup. @param path from the top, such as kubepods/pod<UID>/<container> */
  make(path: string): string {
    const folder = join(this.#top, path);
    mkdirSync(folder, { recursive: true });
    for (let each = folder; each.startsWith(this.#top); each = dirname(each)) this.#made.add(each);
    return folder;
  }

  /** A command that runs another one in a cgroup. */
  inside(folder: string, argv: readonly string[]): string[] {
    return ['sh', '-c', `echo $$ > ${folder}/cgroup.procs && exec "$@"`, 'sh', ...argv];
  }

  /** Kills what still runs in them, and removes them. */
  async remove(): Promise<void> {
    writeFileSync(join(this.#top, 'cgroup.kill'), '1');
    const deadline = Date.now() + emptyWithinMs;
    for (const folder of [...this.#made].toSorted((a, b) => b.length - a.length)) {
      while (readFileSync(join(folder, 'cgroup.procs'), 'utf8') !== '' && Date.now() < deadline) await sleep(20);
      rmdirSync(folder);
    }
  }
}
