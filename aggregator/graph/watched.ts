import type { NodeCoverage } from '../../core/coverage.ts';
import type { UnixMs } from '../../core/time.ts';
import type { Segment } from './segment.ts';

/** How many windows were watched, and what was lost in them. What was added can be taken out again. */
export class Watched {
  readonly #losses = new Map<string, number>();
  #windows = 0;
  #incompleteWindows = 0;
  #lastIncompleteUnixMs: UnixMs = 0;

  add({ losses, window }: Segment): void {
    this.#count(losses, 1);
    if (Object.keys(losses).length === 0) return;
    this.#lastIncompleteUnixMs = Math.max(this.#lastIncompleteUnixMs, window.endUnixMs);
  }

  /** Takes out a segment that was put in before: the oldest go first, so the last incomplete window stays the last. */
  remove({ losses }: Segment): void {
    this.#count(losses, -1);
  }

  #count(losses: Segment['losses'], sign: 1 | -1): void {
    this.#windows += sign;
    if (Object.keys(losses).length > 0) this.#incompleteWindows += sign;
    for (const [stage, events] of Object.entries(losses)) {
      const total = (this.#losses.get(stage) ?? 0) + sign * events;
      if (total === 0) this.#losses.delete(stage);
      else this.#losses.set(stage, total);
    }
  }

  get isEmpty(): boolean {
    return this.#windows === 0;
  }

  get coverage(): NodeCoverage {
    return {
      windows: this.#windows,
      incompleteWindows: this.#incompleteWindows,
      losses: Object.fromEntries(this.#losses),
      lastIncompleteUnixMs: this.#incompleteWindows === 0 ? null : this.#lastIncompleteUnixMs,
    };
  }
}
