import { statSync } from 'node:fs';
import { messageOf } from '../../../core/errors.ts';
import type { PodRef } from '../../../core/identity.ts';
import type { Milliseconds } from '../../../core/time.ts';
import { connectCri, type CriConnection, type PodSandbox } from '../../../proto/cri.ts';
import { placeOf, type SandboxPlace } from './cri-info.ts';
import type { SourceState } from './sandbox.ts';

/** A sandbox as the runtime has it. */
export interface CriSandbox extends SandboxPlace {
  readonly pod: PodRef;
  readonly containerId: string;
}

export interface CriOptions {
  /** Path of the runtime's socket; null to try those that are usual. */
  readonly path: string | null;
  /** Of each call. */
  readonly timeoutMs: Milliseconds;
  /** Least time between two questions. */
  readonly pauseMs: Milliseconds;
}

/** Where containerd, CRI-O and cri-dockerd listen by default, and the distributions that bring their own. */
export const usualCriSockets = [
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/run/cri-dockerd.sock',
  '/run/k3s/containerd/containerd.sock',
  '/run/k0s/containerd.sock',
];

const maxAnswerBytes = 32 << 20;
/** A kubelet runs a few hundred pods; what is above this is not asked for. */
const maxSandboxes = 4096;
/** So many are asked about at once. */
const atOnce = 8;

/** False as well for what this process may not look at. */
function isSocket(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isSocket() === true;
  } catch {
    // A runtime may keep its folder to itself: then it is no socket that anyone else could use.
    return false;
  }
}

/** Asks the container runtime who lives where, when nothing else knows. */
export class Cri {
  readonly #options: CriOptions;
  readonly #onChange: () => void;
  readonly #sandboxes = new Map<string, CriSandbox>();
  #connection: CriConnection | null = null;
  #asking = false;
  #lastMs = Number.NEGATIVE_INFINITY;
  #state: SourceState = { name: 'cri', state: 'ok', detail: 'not needed yet' };

  constructor(options: CriOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  get state(): SourceState {
    return this.#state;
  }

  get sandboxes(): Iterable<CriSandbox> {
    return this.#sandboxes.values();
  }

  /** Asks, unless that is under way or was done a moment ago; what is learned is told by onChange. */
  ask(): void {
    if (this.#asking || performance.now() - this.#lastMs < this.#options.pauseMs) return;
    this.#asking = true;
    void this.#ask().finally(() => {
      this.#asking = false;
      this.#lastMs = performance.now();
    });
  }

  close(): void {
    this.#connection?.close();
    this.#connection = null;
  }

  async #ask(): Promise<void> {
    const path = this.#options.path ?? usualCriSockets.find(isSocket);
    if (path === undefined) {
      this.#state = {
        name: 'cri',
        state: 'off',
        detail: 'no runtime listens where they usually do: name it with --cri',
      };
      return;
    }
    try {
      await this.#list(path, (this.#connection ??= connectCri(`unix:${path}`, maxAnswerBytes)));
    } catch (error) {
      this.#state = { name: 'cri', state: 'failing', detail: `${path}: ${messageOf(error)}` };
      // The next question finds a runtime that was started again at once.
      this.close();
    }
  }

  get #deadline(): { deadline: number } {
    return { deadline: Date.now() + this.#options.timeoutMs };
  }

  async #list(path: string, connection: CriConnection): Promise<void> {
    const { items } = await connection.listPodSandbox(this.#deadline);
    const ready = items.filter(({ state }) => state === 'SANDBOX_READY').slice(0, maxSandboxes);
    const ids = new Set(ready.map(({ id }) => id));
    for (const id of this.#sandboxes.keys()) if (!ids.has(id)) this.#sandboxes.delete(id);
    const unknown = ready.filter(({ id }) => !this.#sandboxes.has(id));
    for (let at = 0; at < unknown.length; at += atOnce) {
      await Promise.all(unknown.slice(at, at + atOnce).map((each) => this.#look(connection, each)));
    }
    this.#state = { name: 'cri', state: 'ok', detail: `${this.#sandboxes.size} sandboxes from ${path}` };
    if (unknown.length > 0) this.#onChange();
  }

  async #look(connection: CriConnection, { id, metadata }: PodSandbox): Promise<void> {
    if (metadata === null || metadata.uid === '' || metadata.name === '' || metadata.namespace === '') return;
    const { info } = await connection.podSandboxStatus(id, this.#deadline);
    const place = placeOf(info) ?? { netnsPath: '', pid: 0 };
    const { namespace, name, uid } = metadata;
    this.#sandboxes.set(id, { pod: { namespace, name, uid }, containerId: id, ...place });
  }
}
