import type { Logger } from 'pino';
import type { Clock, UnixMs } from '../../core/time.ts';
import type { Checkpoint, Store, StoreView } from '../store/store.ts';
import type { PartMemory } from './part-memory.ts';
import { contributionOf } from './contribution.ts';
import { fill } from './filling.ts';
import { AddedSince } from './added-since.ts';
import type { Segment } from './segment.ts';
import { snapshotOf } from './snapshot.ts';
import { Standing, type StandingSpan } from './standing.ts';
import { TakenIds } from './taken-ids.ts';
import { type SpanLength, spanStart, spansOf, type Tier } from './tiers.ts';

export interface LiveOptions {
  readonly cluster: string;
  readonly store: Store;
  readonly tiers: readonly Tier[];
  /** How many edges a graph may have: further ones are counted as losses. */
  readonly maxEdges: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each segment once, whoever committed it. */
  readonly onAdded: (segment: Segment, id: number) => void;
}

const allTime = {
  type: 'beginning',
  window: { startUnixMs: Number.MIN_SAFE_INTEGER, endUnixMs: Number.MAX_SAFE_INTEGER },
} as const;

/** Keeps standing sums in step with the store: with what this process commits, what others do, and what time takes away. */
export class Live {
  readonly #options: LiveOptions;
  readonly #lengths: readonly SpanLength[];
  #standing: Standing;
  #taken: TakenIds;
  /** What was added since the view was opened with which something is under way; null when nothing is. */
  #sinceView: AddedSince | null = null;
  /** Something could not be taken in or out: the sums are not to be relied on until they are made anew. */
  #outOfStep = false;
  #version = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Reads back what is stored. @throws WeirError STORE */
  static async open(options: LiveOptions): Promise<Live> {
    const live = new Live(options);
    await live.#inTurn(() => live.#build());
    await live.relieve();
    return live;
  }

  private constructor(options: LiveOptions) {
    this.#options = options;
    this.#lengths = spansOf(options.tiers);
    this.#standing = this.#empty();
    this.#taken = new TakenIds(options.store.isShared, 0);
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** All segments up to here are in it. */
  get throughId(): number {
    return this.#taken.through;
  }

  /** Another number when anything has changed. */
  get version(): number {
    return this.#version;
  }

  /** Adds a segment that the store has committed. One that is in it already is passed over. */
  add(segment: Segment, id: number): void {
    if (!this.#taken.take(id)) return;
    this.#standing.add(contributionOf(segment), segment.window.startUnixMs);
    this.#sinceView?.add(segment, id);
    this.#version++;
    this.#options.onAdded(segment, id);
  }

  /** Adds what other processes have committed. @throws WeirError STORE */
  async poll(): Promise<void> {
    if (!this.#options.store.isShared) return;
    await this.#inTurn(() => this.#withView(async (view) => await this.#catchUp(view)));
  }

  /** Takes out what has left its span. @throws WeirError STORE */
  async relieve(): Promise<void> {
    await this.#inTurn(async () => {
      const now = this.#options.clock.now();
      const due = this.#standing.spans.filter((span) => spanStart(span.length, now) > span.fromUnixMs);
      if (due.length === 0) return;
      await this.#withView(async (view) => {
        if (!(await this.#catchUp(view))) return false;
        for (const span of due) {
          if (!(await this.#relieveSpan(span, spanStart(span.length, now), view))) return false;
        }
        return true;
      });
    });
  }

  /**
   * Lends what stands ready of a span, to be kept in the store, one at a time and never while anything leaves its span.
   * @param memory that its parts lie in. @returns whether nothing was left out; otherwise nothing was lent
   */
  async lendCheckpoint(
    span: StandingSpan,
    memory: PartMemory,
    keep: (checkpoint: Checkpoint) => Promise<void>,
  ): Promise<boolean> {
    const { index } = this.#standing;
    if (!this.#standing.spans.includes(span) || index.overflowedRows > 0) return false;
    const { length, fold, fromUnixMs } = span;
    const { lengthMs } = length;
    const { throughId } = this;
    const aheadIds = [...this.#taken.ahead];
    const { parts, end } = snapshotOf(index, fold, memory);
    try {
      await keep({ lengthMs, fromUnixMs, throughId, aheadIds, parts });
    } finally {
      end();
    }
    return true;
  }

  #empty(): Standing {
    return new Standing(this.#lengths, this.#options.maxEdges, this.#options.clock.now());
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** @param work returns false when the sums have to be made anew */
  async #withView(work: (view: StoreView) => Promise<boolean>): Promise<void> {
    const { store, cluster, log } = this.#options;
    let inStep = false;
    this.#sinceView = new AddedSince();
    try {
      inStep = await store.view(cluster, work);
    } finally {
      this.#endSinceView();
      // What was taken out in part cannot be put back.
      if (!inStep) this.#outOfStep = true;
    }
    if (!this.#outOfStep) return;
    log.warn({ throughId: this.throughId }, 'the sums in memory are out of step with the store and are made anew');
    await this.#build();
  }

  /** @returns false when segments that are missing here are in pieces already */
  async #catchUp(view: StoreView): Promise<boolean> {
    if (view.rolledId > this.#taken.through) return false;
    for await (const { id, segment } of view.segments(allTime, this.#taken.through, this.#taken.ahead))
      this.add(segment, id);
    return true;
  }

  /** @returns false when a piece holds both what has left the span and what has not */
  async #relieveSpan(span: StandingSpan, toUnixMs: UnixMs, view: StoreView): Promise<boolean> {
    const { fromUnixMs } = span;
    if ((await view.splits(fromUnixMs)) || (await view.splits(toUnixMs))) return false;
    const leaving = { type: 'beginning', window: { startUnixMs: fromUnixMs, endUnixMs: toUnixMs } } as const;
    for await (const piece of view.pieces(leaving)) this.#remove(span, piece);
    for await (const { segment } of view.segments(leaving, 0)) this.#remove(span, contributionOf(segment));
    // What came late while that was read is in the span and not in the view.
    const leaves = (id: number, startUnixMs: UnixMs) =>
      id > view.lastId && startUnixMs >= fromUnixMs && startUnixMs < toUnixMs;
    for (const { segment } of this.#sinceView?.segments(leaves) ?? []) this.#remove(span, contributionOf(segment));
    span.fromUnixMs = toUnixMs;
    span.fold.beginsAt(toUnixMs);
    return true;
  }

  #remove(span: StandingSpan, contribution: Parameters<Standing['remove']>[1]): void {
    this.#standing.remove(span, contribution);
    this.#version++;
  }

  async #build(): Promise<void> {
    const { store, cluster } = this.#options;
    const standing = this.#empty();
    const since = (this.#sinceView = new AddedSince());
    try {
      const throughId = await store.view(cluster, async (view) => {
        await fill(standing, view);
        return view.lastId;
      });
      const taken = new TakenIds(store.isShared, throughId);
      for (const { segment } of since.segments((id) => taken.take(id))) {
        standing.add(contributionOf(segment), segment.window.startUnixMs);
      }
      [this.#standing, this.#taken, this.#outOfStep] = [standing, taken, false];
      this.#version++;
    } finally {
      this.#endSinceView();
    }
  }

  #endSinceView(): void {
    this.#sinceView?.end();
    this.#sinceView = null;
  }
}
