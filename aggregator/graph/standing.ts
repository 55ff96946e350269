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

/** Sums over the spans that are asked for most, always ready: each commit adds to them, and what leaves a span is taken out. */
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

  /** Adds what begins at that moment to the spans that it is in, or to those of them that are named. */
  add(contribution: Contribution, startUnixMs: UnixMs, to: Iterable<StandingSpan> = this.spans): void {
    const spans = [...to].filter(({ fromUnixMs }) => startUnixMs >= fromUnixMs);
    if (spans.length === 0) return;
    const slots = this.index.take(contribution.rows);
    for (const { fold } of spans) fold.add(contribution, slots);
  }

  /** Takes out what has left a span; what is in no span any more is forgotten. */
  remove(span: StandingSpan, contribution: Contribution): void {
    const emptied = span.fold.remove(contribution);
    if (span !== this.longest) return;
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
