import type { Milliseconds, UnixMs } from '../../core/time.ts';
import { Gone } from './gone.ts';

/** One holder of a key over a span of time. */
export interface Interval<Value> {
  readonly value: Value;
  readonly fromUnixMs: UnixMs;
  /** When the cluster's state first showed it: from `fromUnixMs` until then it is only presumed. */
  readonly shownUnixMs: UnixMs;
  /** Not inside any more; null while it lasts. */
  readonly untilUnixMs: UnixMs | null;
}

interface Link<Value> extends Interval<Value> {
  untilUnixMs: UnixMs | null;
  /**
   * `fromUnixMs` in whole seconds, rounded up. A whole number below 2^31 is part of the object, any other is kept
   * elsewhere, and to fetch it would be a tenth of what it takes to look an address up.
   */
  readonly surelyFromS: number;
  /** The interval of the same key that was put in before. */
  earlier: Link<Value> | null;
}

interface Ended<Value> {
  readonly key: string;
  readonly link: Link<Value>;
}

export interface TimelineOptions {
  /** How late the state may show a change, and by how much clocks may differ. */
  readonly toleranceMs: Milliseconds;
  /** How many intervals that have ended are remembered: beyond it the oldest are forgotten. */
  readonly maxEnded: number;
}

/** Told of a key whose holder, at any moment, may be another than it was. */
type OnChange = (key: string) => void;

const nobody: readonly never[] = [];

/**
 * Who held a key when. A key that changes hands or is given up keeps its earlier holders, so that a report that arrives
 * late is read with the state of its own time. Intervals of one key may overlap: whoever asks decides between them.
 * Values are the same holder when they are the same object or equal text.
 */
export class Timeline<Value> {
  readonly #toleranceMs: Milliseconds;
  /** The interval of each key that was put in last. */
  readonly #latest = new Map<string, Link<Value>>();
  /** What has ended; what came back since is still in it. */
  readonly #ended: Gone<Ended<Value>>;
  readonly #onChange: OnChange;
  #forgottenEarly = 0;

  constructor({ toleranceMs, maxEnded }: TimelineOptions, onChange: OnChange = () => undefined) {
    this.#toleranceMs = toleranceMs;
    this.#ended = new Gone(maxEnded);
    this.#onChange = onChange;
  }

  /** Ended intervals that were forgotten before their time because there were too many. */
  get forgottenEarly(): number {
    return this.#forgottenEarly;
  }

  /** Begins to hold a key. What held it last and comes back before anybody else had it has held it all along. */
  hold(key: string, value: Value, fromUnixMs: UnixMs, shownUnixMs: UnixMs): void {
    const latest = this.#latest.get(key) ?? null;
    if (latest?.value === value) {
      if (latest.untilUnixMs !== null) this.#onChange(key);
      latest.untilUnixMs = null;
      return;
    }
    let from = Math.min(fromUnixMs, shownUnixMs);
    for (let link = latest; link !== null; link = link.earlier) {
      if (link.value !== value) continue;
      if (link.untilUnixMs === null) return;
      from = Math.max(from, link.untilUnixMs);
    }
    this.#onChange(key);
    const surelyFromS = Math.max(0, Math.ceil(from / 1000));
    this.#latest.set(key, { value, fromUnixMs: from, surelyFromS, shownUnixMs, untilUnixMs: null, earlier: latest });
  }

  /** Ends to hold a key. Nothing happens when the value does not hold it. */
  release(key: string, value: Value, nowUnixMs: UnixMs): void {
    for (let link = this.#latest.get(key) ?? null; link !== null; link = link.earlier) {
      if (link.value !== value || link.untilUnixMs !== null) continue;
      link.untilUnixMs = nowUnixMs;
      this.#onChange(key);
      const tooMuch = this.#ended.add({ key, link }, nowUnixMs);
      if (tooMuch !== null && this.#unlink(tooMuch, Infinity)) this.#forgottenEarly++;
      return;
    }
  }

  /** The one holder at a moment, or near it where that leaves no choice; `duplicate` when there are several. */
  holder(key: string, unixMs: UnixMs): Value | 'duplicate' | undefined {
    const latest = this.#latest.get(key);
    if (latest === undefined) return undefined;
    let found: Link<Value> | null = null;
    for (let link: Link<Value> | null = latest; link !== null; link = link.earlier) {
      if (!covers(link, unixMs)) continue;
      if (found !== null) return 'duplicate';
      found = link;
    }
    if (found !== null) return found.value;
    const [nearest, ...others] = this.near(key, unixMs);
    return others.every(({ value }) => value === nearest?.value) ? nearest?.value : 'duplicate';
  }

  /** The intervals that a moment lies in, what was put in last first. */
  at(key: string, unixMs: UnixMs): readonly Interval<Value>[] {
    const latest = this.#latest.get(key);
    if (latest === undefined) return nobody;
    const found: Interval<Value>[] = [];
    for (let link: Link<Value> | null = latest; link !== null; link = link.earlier) {
      if (covers(link, unixMs)) found.push(link);
    }
    return found;
  }

  /**
   * For a moment that no interval covers: those that begin within the tolerance after it, then those that ended within
   * the tolerance before it, the nearest first.
   */
  near(key: string, unixMs: UnixMs): readonly Interval<Value>[] {
    const next: Link<Value>[] = [];
    const last: Link<Value>[] = [];
    for (let link = this.#latest.get(key) ?? null; link !== null; link = link.earlier) {
      if (link.fromUnixMs > unixMs) {
        if (link.fromUnixMs - unixMs <= this.#toleranceMs) next.push(link);
      } else if (unixMs - (link.untilUnixMs ?? Infinity) <= this.#toleranceMs) last.push(link);
    }
    next.sort((a, b) => a.fromUnixMs - b.fromUnixMs);
    last.sort((a, b) => (b.untilUnixMs ?? Infinity) - (a.untilUnixMs ?? Infinity));
    return [...next, ...last];
  }

  /** Whoever holds the key now, what was put in last first. */
  present(key: string): readonly Interval<Value>[] {
    return this.at(key, Number.MAX_VALUE);
  }

  /** All that is known of a key, what was put in last first. */
  *all(key: string): Generator<Interval<Value>> {
    for (let link = this.#latest.get(key) ?? null; link !== null; link = link.earlier) yield link;
  }

  keys(): Iterable<string> {
    return this.#latest.keys();
  }

  /** The keys that such a value holds or has held. Looks at all there are. */
  *heldBy(isMeant: (value: Value) => boolean): Generator<string> {
    for (const [key, latest] of this.#latest) {
      let link: Link<Value> | null = latest;
      while (link !== null && !isMeant(link.value)) link = link.earlier;
      if (link !== null) yield key;
    }
  }

  /** Forgets what ended before that moment. */
  forget(beforeUnixMs: UnixMs): void {
    for (const ended of this.#ended.before(beforeUnixMs)) this.#unlink(ended, beforeUnixMs);
  }

  /** @returns false when it has come back, or ended again, since it was put in */
  #unlink({ key, link: gone }: Ended<Value>, beforeUnixMs: UnixMs): boolean {
    if (gone.untilUnixMs === null || gone.untilUnixMs >= beforeUnixMs) return false;
    this.#onChange(key);
    const latest = this.#latest.get(key);
    if (latest === gone) {
      if (gone.earlier === null) this.#latest.delete(key);
      else this.#latest.set(key, gone.earlier);
      return true;
    }
    let later = latest ?? null;
    while (later !== null && later.earlier !== gone) later = later.earlier;
    if (later !== null) later.earlier = gone.earlier;
    return later !== null;
  }
}

/** When an interval begins and ends, and when it was shown: those moments that there are. */
export function momentsOf({ fromUnixMs, shownUnixMs, untilUnixMs }: Interval<unknown>): UnixMs[] {
  return untilUnixMs === null ? [fromUnixMs, shownUnixMs] : [fromUnixMs, shownUnixMs, untilUnixMs];
}

function covers(link: Link<unknown>, unixMs: UnixMs): boolean {
  const hasBegun = link.surelyFromS * 1000 <= unixMs || link.fromUnixMs <= unixMs;
  return hasBegun && (link.untilUnixMs === null || unixMs < link.untilUnixMs);
}
