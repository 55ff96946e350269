import type { Milliseconds, UnixMs } from '../../core/time.ts';

/** Who holds a key at present, as the cluster's state shows it. */
export interface Holding<Value> {
  /** Equal for the same holder in the same state only. */
  readonly holder: string;
  readonly value: Value;
  /** Since when at the earliest; null when the state does not say. */
  readonly sinceUnixMs: UnixMs | null;
}

interface Interval<Value> {
  readonly holder: string;
  readonly value: Value;
  readonly fromUnixMs: UnixMs;
  /** Infinity while it lasts. */
  untilUnixMs: UnixMs;
}

/**
 * Who held a key when. Fed with the present state again and again; a key that changes hands or is given up keeps its
 * earlier holders, so that a report that arrives late is still read with the state of its own time.
 *
 * The state is learnt late, and clocks of nodes differ a little. So a moment that no interval covers belongs to the
 * next holder if that one was shown within `toleranceMs` after it, else to the last one if it was given up within
 * `toleranceMs` before it, else to nobody.
 */
export class Timeline<Value> {
  readonly #toleranceMs: Milliseconds;
  /** By key; intervals do not overlap and ascend in time. */
  readonly #intervals = new Map<string, Interval<Value>[]>();
  #fed = false;

  constructor(toleranceMs: Milliseconds) {
    this.#toleranceMs = toleranceMs;
  }

  /** Takes the present state. What is shown first of all, without a time, counts as having always been so. */
  feed(present: ReadonlyMap<string, Holding<Value>>, nowUnixMs: UnixMs): void {
    for (const [key, intervals] of this.#intervals) {
      const last = intervals.at(-1);
      if (last?.untilUnixMs === Infinity && !present.has(key)) last.untilUnixMs = nowUnixMs;
    }
    for (const [key, holding] of present) this.#hold(key, holding, nowUnixMs);
    this.#fed = true;
  }

  #hold(key: string, { holder, value, sinceUnixMs }: Holding<Value>, nowUnixMs: UnixMs): void {
    const intervals = this.#intervals.get(key) ?? [];
    this.#intervals.set(key, intervals);
    const last = intervals.at(-1);
    if (last?.holder === holder) {
      // Still there, or missing for a moment only: nobody else had the key since.
      last.untilUnixMs = Infinity;
      return;
    }
    const earliest =
      last === undefined ? -Infinity : last.untilUnixMs === Infinity ? last.fromUnixMs : last.untilUnixMs;
    const shown = sinceUnixMs ?? (this.#fed ? nowUnixMs : -Infinity);
    const fromUnixMs = Math.min(Math.max(shown, earliest), nowUnixMs);
    if (last?.untilUnixMs === Infinity) last.untilUnixMs = fromUnixMs;
    intervals.push({ holder, value, fromUnixMs, untilUnixMs: Infinity });
  }

  /** What the holder at that moment was; undefined when nobody is known to have held the key. */
  at(key: string, unixMs: UnixMs): Value | undefined {
    const intervals = this.#intervals.get(key);
    if (intervals === undefined) return undefined;
    const next = intervals.findIndex(({ fromUnixMs }) => fromUnixMs > unixMs);
    const before = intervals[(next === -1 ? intervals.length : next) - 1];
    if (before !== undefined && unixMs < before.untilUnixMs) return before.value;
    const after = next === -1 ? undefined : intervals[next];
    if (after !== undefined && after.fromUnixMs - unixMs <= this.#toleranceMs) return after.value;
    return before !== undefined && unixMs - before.untilUnixMs <= this.#toleranceMs ? before.value : undefined;
  }

  /** Forgets what ended before that moment. */
  forget(beforeUnixMs: UnixMs): void {
    for (const [key, intervals] of this.#intervals) {
      const kept = intervals.filter(({ untilUnixMs }) => untilUnixMs >= beforeUnixMs);
      if (kept.length === 0) this.#intervals.delete(key);
      else if (kept.length < intervals.length) this.#intervals.set(key, kept);
    }
  }
}
