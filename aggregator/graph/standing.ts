import type { UnixMs } from '../../core/time.ts';
import type { Contribution } from './contribution.ts';
import { Fold } from './fold.ts';
import { LaneIndex } from './lane-index.ts';
import { slackMs, type SpanLength, spanStart } from './tiers.ts';

/** The sums over one span of time that ends now. */
export interface StandingSpan {
  readonly length: SpanLength;
  readonly fold: Fold;
  /** What begins earlier is not in it. */
  fromUnixMs: UnixMs;
}

/**
 * Sums over the spans that are asked for most, always ready. Each commit adds to those of the shortest span that it is
 * in, and what leaves a span moves to the next longer one: the sums of a span are its own with those of all shorter ones.
 */
export class Standing {
  readonly index: LaneIndex;
  /** From the shortest to the longest. */
  readonly spans: readonly StandingSpan[];
  readonly longest: StandingSpan;

  /** @param lengths from the shortest to the longest, which holds all that the others do */
  constructor(lengths: readonly SpanLength[], maxEdges: number, now: UnixMs) {
    this.index = new LaneIndex(maxEdges);
    this.spans = lengths.map((length) => ({
      length,
      fold: new Fold(this.index),
      fromUnixMs: spanStart(length, now),
    }));
    const longest = this.spans.at(-1);
    if (longest === undefined) throw new RangeError('there is no span');
    this.longest = longest;
  }

  /** Adds what begins at that moment to the spans that it is in. */
  add(contribution: Contribution, startUnixMs: UnixMs): void {
    const [shortest, ...longer] = this.spans.filter(({ fromUnixMs }) => startUnixMs >= fromUnixMs);
    if (shortest === undefined) return;
    shortest.fold.add(contribution);
    for (const { fold } of longer) fold.watch(contribution);
  }

  /** Adds what begins at that moment to those of some spans that it is in, each of which holds all of its own until `divide`. */
  fill(contribution: Contribution, startUnixMs: UnixMs, to: readonly StandingSpan[]): void {
    const spans = to.filter(({ fromUnixMs }) => startUnixMs >= fromUnixMs);
    if (spans.length === 0) return;
    const slots = this.index.take(contribution.rows);
    for (const { fold } of spans) fold.add(contribution, slots);
  }

  /** To be called once, when all spans are filled with what is in them: from then on each row is in the sums of one. */
  divide(): void {
    for (const [i, { fold }] of [...this.spans.entries()].toReversed()) {
      const shorter = this.spans[i - 1];
      if (shorter !== undefined) fold.sums.divide(shorter.fold.sums);
    }
  }

  /** Takes out what has left a span and any shorter one before; what is in no span any more is forgotten. */
  remove(span: StandingSpan, contribution: Contribution): void {
    const longer = this.spans[this.spans.indexOf(span) + 1];
    const emptied = span.fold.remove(contribution, longer?.fold ?? null);
    if (longer !== undefined) return;
    for (const slot of emptied) {
      for (const { fold } of this.spans) fold.sums.clear(slot);
      this.index.release(slot);
    }
  }

  /** The span that answers for a range that begins then and lasts until now; null when none does. */
  spanFor(startUnixMs: UnixMs): StandingSpan | null {
    const answers = ({ fromUnixMs, length: { gridMs } }: StandingSpan) =>
      startUnixMs >= fromUnixMs && startUnixMs < fromUnixMs + gridMs + 2 * slackMs;
    if (startUnixMs < this.longest.fromUnixMs) return this.longest;
    return this.spans.find(answers) ?? null;
  }
}
