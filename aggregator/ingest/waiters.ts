import type { Milliseconds } from '../../core/time.ts';

/** Whoever waits until more is known of a pod or an address, by its key. */
export class Waiters {
  readonly #byKey = new Map<string, Set<() => void>>();

  /** Takes keys of which more is known now. */
  learnt(keys: Iterable<string>): void {
    if (this.#byKey.size === 0) return;
    for (const key of keys) for (const done of this.#byKey.get(key) ?? []) done();
  }

  /** Resolves when more is known of one of them, or the time is over. */
  wait(keys: ReadonlySet<string>, timeoutMs: Milliseconds): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        for (const key of keys) this.#forget(key, done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      for (const key of keys) {
        const beside = this.#byKey.get(key);
        if (beside === undefined) this.#byKey.set(key, new Set([done]));
        else beside.add(done);
      }
    });
  }

  #forget(key: string, done: () => void): void {
    const waiters = this.#byKey.get(key);
    waiters?.delete(done);
    if (waiters?.size === 0) this.#byKey.delete(key);
  }
}
