import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { type Manifests, parseManifests } from '../../core/manifest.ts';

/** A file larger than this is not read: kubectl prints some 100,000 pods into it. */
const maxFileBytes = 512 * 1024 * 1024;

interface KnownFile {
  /** Changes whenever the file does. */
  readonly stamp: string;
  readonly manifests: Manifests;
}

/** What a reading of the folder found. `changed` is false when nothing differs from the reading before. */
export interface FolderReading {
  readonly changed: boolean;
  readonly manifests: readonly Manifests[];
  /** Every folder that was read, the topmost first. */
  readonly folders: readonly string[];
}

function isSyntaxProblem(manifests: Manifests): boolean {
  return manifests.problems.some(({ object }) => object === 'document');
}

/** Reads every YAML and JSON file under a folder, again and again, parsing only what changed. */
export class ManifestFolder {
  readonly #root: string;
  #known = new Map<string, KnownFile>();

  constructor(root: string) {
    this.#root = root;
  }

  /** @throws whatever the file system reports about the folder itself; what is wrong with a file is a problem of it */
  async read(): Promise<FolderReading> {
    const entries = await readdir(this.#root, { recursive: true, withFileTypes: true });
    const paths = entries.map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }));
    const files = paths.filter(({ entry }) => !entry.isDirectory() && /\.(ya?ml|json)$/i.test(entry.name));
    const known = new Map<string, KnownFile>();
    let changed = false;
    for (const { path } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
      const before = this.#known.get(path);
      const now = await this.#readFile(path, before);
      if (now === null) continue;
      if (now !== before) changed = true;
      known.set(path, now);
    }
    changed ||= known.size !== this.#known.size;
    this.#known = known;
    const folders = [this.#root, ...paths.filter(({ entry }) => entry.isDirectory()).map(({ path }) => path)];
    return { changed, manifests: [...known.values()].map(({ manifests }) => manifests), folders };
  }

  /** The file as it is now, or `before` itself when it has not changed; null when it is gone. */
  async #readFile(path: string, before: KnownFile | undefined): Promise<KnownFile | null> {
    const source = relative(this.#root, path);
    try {
      const found = await stat(path);
      if (!found.isFile()) return null;
      const { mtimeMs, ino, size } = found;
      const stamp = `${ino} ${size} ${mtimeMs}`;
      if (before?.stamp === stamp) return before;
      if (size > maxFileBytes) throw new Error(`${size} bytes are more than a manifest may have`);
      return { stamp, manifests: this.#keepGood(parseManifests(await readFile(path, 'utf8'), source), before) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      const problem = { source, line: 1, object: 'document', message: messageOf(error) };
      return { stamp: messageOf(error), manifests: this.#keepGood({ objects: [], problems: [problem] }, before) };
    }
  }

  /** A file that is no YAML may be half written: what it last held stands, and the problem is told. */
  #keepGood(now: Manifests, before: KnownFile | undefined): Manifests {
    if (before === undefined || !isSyntaxProblem(now)) return now;
    return { objects: before.manifests.objects, problems: now.problems };
  }
}
