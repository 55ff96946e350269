import type { Milliseconds } from '../../core/time.ts';
import type { Scope } from './source.ts';

/** Sockets of a namespace that is gone may close for so long. */
const lingerMs: Milliseconds = 120_000;

function keyOf(scope: Scope): string {
  return scope.type === 'interface' ? `i${scope.ifindex}` : `n${scope.cookie}`;
}

/** Places in the kernel that are no more: what is noted of them can go, also when it comes a little later. */
export class GoneScopes {
  /** Until when, by performance.now(). */
  readonly #until = new Map<string, number>();

  add(scope: Scope): void {
    this.#until.set(keyOf(scope), performance.now() + lingerMs);
  }

  /** An interface's index may be used again. */
  back(scope: Scope): void {
    this.#until.delete(keyOf(scope));
  }

  has(scope: Scope): boolean {
    return this.#until.size > 0 && this.#until.has(keyOf(scope));
  }

  forget(): void {
    const now = performance.now();
    for (const [key, until] of this.#until) if (until < now) this.#until.delete(key);
  }
}
