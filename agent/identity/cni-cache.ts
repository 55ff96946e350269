import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';
import type { PodRef } from '../../core/identity.ts';

/** A pod's sandbox on this node, as the CNI runtime wrote it down. */
export interface Sandbox {
  readonly pod: PodRef;
  /** File that holds the sandbox's network namespace open. */
  readonly netnsPath: string;
}

export interface SandboxProblem {
  readonly file: string;
  readonly message: string;
}

/** The parts of a cached CNI result that are read (libcni's cacheV1 form). */
const cachedResult = z.object({
  netns: z.string().min(1),
  cniArgs: z.array(z.tuple([z.string(), z.string()])),
});

function readSandbox(text: string): Sandbox {
  const { netns, cniArgs } = cachedResult.parse(JSON.parse(text));
  const args = new Map(cniArgs);
  const of = (name: string): string => {
    const value = args.get(name);
    if (value === undefined || value === '') throw new Error(`cniArgs has no ${name}`);
    return value;
  };
  const pod = { namespace: of('K8S_POD_NAMESPACE'), name: of('K8S_POD_NAME'), uid: of('K8S_POD_UID') };
  return { pod, netnsPath: netns };
}

type Outcome = { readonly sandbox: Sandbox } | { readonly problem: SandboxProblem };

/**
 * Reads libcni's result cache (/var/lib/cni/results, one file per sandbox and interface). Files are read again only
 * when they changed.
 */
export class CniCache {
  readonly #folder: string;
  #files = new Map<string, { readonly stamp: string; readonly outcome: Outcome }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** All sandboxes that the cache names now; a pod appears once. A file that cannot be read is a problem, not an end. */
  read(): { readonly sandboxes: readonly Sandbox[]; readonly problems: readonly SandboxProblem[] } {
    let names: string[];
    try {
      names = readdirSync(this.#folder);
    } catch (error) {
      return { sandboxes: [], problems: [{ file: this.#folder, message: messageOf(error) }] };
    }
    const files = new Map<string, { stamp: string; outcome: Outcome }>();
    for (const name of names.toSorted()) {
      const entry = this.#readFile(join(this.#folder, name), this.#files.get(name));
      if (entry !== null) files.set(name, entry);
    }
    this.#files = files;
    const sandboxes = new Map<string, Sandbox>();
    const problems: SandboxProblem[] = [];
    for (const { outcome } of files.values()) {
      if ('problem' in outcome) problems.push(outcome.problem);
      else sandboxes.set(outcome.sandbox.pod.uid + outcome.sandbox.netnsPath, outcome.sandbox);
    }
    return { sandboxes: [...sandboxes.values()], problems };
  }

  #readFile(file: string, known: { stamp: string; outcome: Outcome } | undefined) {
    try {
      const { mtimeMs, ino, size } = statSync(file);
      const stamp = `${mtimeMs} ${ino} ${size}`;
      if (known?.stamp === stamp) return known;
      try {
        return { stamp, outcome: { sandbox: readSandbox(readFileSync(file, 'utf8')) } };
      } catch (error) {
        return { stamp, outcome: { problem: { file, message: messageOf(error) } } };
      }
    } catch {
      // Gone between the listing and the look: the sandbox was deleted.
      return null;
    }
  }
}
