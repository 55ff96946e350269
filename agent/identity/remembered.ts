import type { PodRef } from '../../core/identity.ts';
import type { UnixMs } from '../../core/time.ts';

interface Memory {
  readonly pod: PodRef;
  /** When it was last seen there. */
  seenUnixMs: UnixMs;
}

export type RememberedState<Key> = readonly (readonly [Key, Memory])[];

/** Which pod was last seen at a place, for some time after it went: its last counts are read then. */
export class Remembered<Key> {
  readonly #pods = new Map<Key, Memory>();

  state(): RememberedState<Key> {
    return [...this.#pods];
  }

  restore(state: RememberedState<Key>): void {
    for (const [key, memory] of state) this.#pods.set(key, memory);
  }

  podAt(key: Key): PodRef | null {
    return this.#pods.get(key)?.pod ?? null;
  }

  see(key: Key, pod: PodRef, now: UnixMs): void {
    const known = this.#pods.get(key);
    if (known?.pod.uid === pod.uid) known.seenUnixMs = now;
    else this.#pods.set(key, { pod, seenUnixMs: now });
  }

  forget(key: Key): void {
    this.#pods.delete(key);
  }

  forgetBefore(unixMs: UnixMs): void {
    for (const [key, { seenUnixMs }] of this.#pods) if (seenUnixMs < unixMs) this.#pods.delete(key);
  }
}
