import { type FSWatcher, watch } from 'node:fs';
import type { Logger } from 'pino';
import { messageOf, WeirError } from '../../core/errors.ts';
import type { ClusterSnapshot, ObjectChange } from '../../core/kubernetes.ts';
import type { ManifestProblem } from '../../core/manifest.ts';
import type { Milliseconds } from '../../core/time.ts';
import { type FolderReading, ManifestFolder } from './manifest-folder.ts';
import { ClusterObjects } from './objects.ts';
import type { ChangeCallback, ClusterSource } from './source.ts';

export interface FilesOptions {
  readonly folder: string;
  /** How long after a change to read, so that a burst of changes is read once. */
  readonly debounceMs: Milliseconds;
  /** How often to look without being told, for file systems that tell nothing. */
  readonly pollMs: Milliseconds;
  readonly log: Logger;
}

/** A cluster whose state is a folder of manifests, as `kubectl get -o yaml` prints them; follows its changes. */
export class FileCluster implements ClusterSource {
  readonly description: string;
  /** The folder is read before there is one of these. */
  readonly known = Promise.resolve();
  readonly #options: FilesOptions;
  readonly #folder: ManifestFolder;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #callbacks = new Set<ChangeCallback>();
  readonly #objects = new ClusterObjects();
  readonly #poll: NodeJS.Timeout;
  #debounce: NodeJS.Timeout | null = null;
  #reading: Promise<void> = Promise.resolve();
  #fileProblems: readonly string[] = [];
  #folderProblem: string | null = null;
  #closed = false;

  /** Reads the folder for the first time. @throws WeirError CLUSTER_SOURCE when that is not possible */
  static async open(options: FilesOptions): Promise<FileCluster> {
    const folder = new ManifestFolder(options.folder);
    try {
      return new FileCluster(options, folder, await folder.read());
    } catch (error) {
      const what = `${messageOf(error)}; name a folder of Kubernetes manifests that this process may read`;
      throw new WeirError('CLUSTER_SOURCE', what, { cause: error });
    }
  }

  private constructor(options: FilesOptions, folder: ManifestFolder, first: FolderReading) {
    this.description = `files in ${options.folder}`;
    this.#options = options;
    this.#folder = folder;
    this.#take(first);
    this.#poll = setInterval(() => this.#read(), options.pollMs);
  }

  snapshot(): ClusterSnapshot {
    return this.#objects.snapshot();
  }

  problems(): readonly string[] {
    return this.#folderProblem === null ? this.#fileProblems : [this.#folderProblem, ...this.#fileProblems];
  }

  onChange(callback: ChangeCallback): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#poll);
    if (this.#debounce !== null) clearTimeout(this.#debounce);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #take({ manifests, folders }: FolderReading): ObjectChange[] {
    this.#fileProblems = manifests.flatMap(({ problems }) => problems.map(problemText));
    this.#watch(folders);
    return this.#objects.replaceAll(manifests.flatMap(({ objects }) => objects.map(({ object }) => object)));
  }

  #watch(folders: readonly string[]): void {
    for (const [folder, watcher] of this.#watchers) {
      if (folders.includes(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#watchOne(folder);
  }

  #watchOne(folder: string): void {
    try {
      const watcher = watch(folder, () => this.#readSoon());
      // A folder that goes away, or one watch too many: the poll sees what the watch does not.
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch (error) {
      this.#options.log.warn({ folder, error: messageOf(error) }, 'folder is not watched, only polled');
    }
  }

  #readSoon(): void {
    this.#debounce ??= setTimeout(() => {
      this.#debounce = null;
      this.#read();
    }, this.#options.debounceMs);
  }

  #read(): void {
    this.#reading = this.#reading.then(async () => {
      if (this.#closed) return;
      const hadProblem = this.#folderProblem !== null;
      let changes: readonly ObjectChange[] = [];
      try {
        const reading = await this.#folder.read();
        if (this.#closed) return;
        this.#folderProblem = null;
        if (!reading.changed && !hadProblem) return;
        changes = this.#take(reading);
      } catch (error) {
        this.#folderProblem = `${this.#options.folder}: ${messageOf(error)}; the state that was last read stands`;
        if (hadProblem) return;
      }
      for (const callback of this.#callbacks) callback(changes);
    });
  }
}

function problemText({ source, line, object, message }: ManifestProblem): string {
  return `${source}:${line}: ${object}: ${message}`;
}
