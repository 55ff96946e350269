import type { Logger } from 'pino';
import type { Coverage, NodeCoverage } from '../../core/coverage.ts';
import type { Edge, EdgeId } from '../../core/edge.ts';
import { messageOf } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Clock, Milliseconds, Window } from '../../core/time.ts';
import type { Store } from '../store/store.ts';
import type { Fold } from './fold.ts';
import { everywhere } from './graph.ts';
import type { TopBy } from './lane-sums.ts';
import { Live } from './live.ts';
import { momentsOf, partWidth, type Timeline } from './moments.ts';
import { foldRange } from './range.ts';
import type { Segment } from './segment.ts';
import { bucketStart, type Tier } from './tiers.ts';
import { Upkeep } from './upkeep.ts';

export interface HistoryOptions {
  readonly cluster: string;
  readonly store: Store;
  readonly tiers: readonly Tier[];
  /** For how long segments stay as they are before they are merged. */
  readonly tailMs: Milliseconds;
  /** How long it is known of lanes when they were seen, when nothing else is kept of them. */
  readonly keepSightingsMs: Milliseconds;
  readonly upkeepEveryMs: Milliseconds;
  /** How often it is looked for what other processes have committed. */
  readonly pollEveryMs: Milliseconds;
  /** How many edges a graph may have: further ones are counted as losses. */
  readonly maxEdges: number;
  /** Every node that the cluster has. */
  readonly nodes: () => readonly string[];
  /** What edges look like to whoever asks for them. */
  readonly shown: (edges: readonly Edge[]) => readonly Edge[];
  /** Told of each segment once it is in the graph, whichever process committed it. */
  readonly onAdded: (segment: Segment, id: number) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Edges with what they rest on: `coverage.span` is what is really covered, which may be more than was asked for by the
 * buckets at its ends. First and last sightings are those of all time where the answer stood ready (a range up to now),
 * and else those in the range.
 */
export interface Answer {
  readonly edges: readonly Edge[];
  readonly coverage: Coverage;
}

/** All that is kept: what is asked for most stands ready in memory, the rest is read from the store. */
export class History {
  readonly #options: HistoryOptions;
  readonly #live: Live;
  readonly #upkeep: Upkeep;
  readonly #timers: readonly NodeJS.Timeout[];
  #maintaining: Promise<void> = Promise.resolve();
  #polling: Promise<void> | null = null;
  #all: { readonly version: number; readonly edges: readonly Edge[] } = { version: -1, edges: [] };

  /** Reads back what is stored. @throws WeirError STORE */
  static async open(options: HistoryOptions): Promise<History> {
    return new History(options, await Live.open(options));
  }

  private constructor(options: HistoryOptions, live: Live) {
    this.#options = options;
    this.#live = live;
    this.#upkeep = new Upkeep({ ...options, maxSightings: 4 * options.maxEdges, live });
    this.#timers = [
      setInterval(() => this.#maintain(), options.upkeepEveryMs),
      setInterval(() => this.#poll(), options.pollEveryMs),
    ];
  }

  /** Adds a segment that the store has committed under that id. */
  add(segment: Segment, id: number): void {
    this.#live.add(segment, id);
  }

  /** Adds what others have committed by now. @throws WeirError STORE */
  async catchUp(): Promise<void> {
    await this.#live.poll();
  }

  /** All segments up to here are in the graph. */
  get lastId(): number {
    return this.#live.throughId;
  }

  get edgeCount(): number {
    return this.#live.standing.index.size;
  }

  /** Who talks to whom in all that is kept of a scope, in any order and without figures: much cheaper than its edges. */
  *ends(scope: Scope = everywhere): Generator<EdgeId> {
    for (const { id } of this.#live.standing.index.entries(scope)) yield id;
  }

  /** Whether there is anything of a scope in all that is kept. */
  has(scope: Scope): boolean {
    for (const _ of this.#live.standing.index.entries(scope)) return true;
    return false;
  }

  /** How much was watched in all that is kept. */
  get coverage(): Coverage {
    return this.#live.standing.longest.fold.coverage(this.#options.nodes());
  }

  /** How much of a node was watched in all that is kept. */
  nodeCoverage(node: string): NodeCoverage {
    return this.#live.standing.longest.fold.nodeCoverage(node);
  }

  /** What is kept, as of now, sorted by client, server, protocol and port. */
  all(): Answer {
    const { fold } = this.#live.standing.longest;
    const { version } = this.#live;
    if (this.#all.version !== version) this.#all = { version, edges: fold.edges(everywhere) };
    return this.#answer(fold, this.#all.edges);
  }

  /** What was seen in the windows and buckets that overlap the given span; they are taken whole. @throws WeirError STORE */
  during(window: Window): Promise<Answer> {
    return this.answer(window, everywhere);
  }

  /** The edges of a scope over a range, null for all that is kept; sorted as `all` is. @throws WeirError STORE */
  async answer(range: Window | null, scope: Scope): Promise<Answer> {
    const fold = this.#ready(range) ?? (await this.#read(range as Window, scope));
    return this.#answer(fold, fold.edges(scope));
  }

  /** The edges that carried most over a range, the largest first. @throws WeirError STORE */
  async top(range: Window | null, by: TopBy, limit: number): Promise<Answer> {
    const fold = this.#ready(range) ?? (await this.#read(range as Window, everywhere));
    return this.#answer(fold, fold.top(by, limit));
  }

  /**
   * What was seen in each part of a range, as far as anything was recorded; null when nothing was.
   * @param range null for all that is kept
   * @param widthFor how wide parts of a span should be: they are wider where it begins so long ago that only wider buckets
   * are kept of it
   * @param choose which edges count, and what they look like. @throws WeirError STORE
   */
  async timeline(
    range: Window | null,
    widthFor: (spanMs: Milliseconds) => Milliseconds,
    scope: Scope,
    choose: (edges: readonly Edge[]) => readonly Edge[],
  ): Promise<Timeline | null> {
    const { store, cluster, tiers, maxEdges, clock, shown, nodes } = this.#options;
    const recorded = this.#live.standing.longest.fold.window;
    if (recorded === null) return null;
    const startUnixMs = Math.max(recorded.startUnixMs, range?.startUnixMs ?? 0);
    const endUnixMs = Math.min(recorded.endUnixMs, range?.endUnixMs ?? Infinity);
    if (startUnixMs >= endUnixMs) return null;
    const widthMs = partWidth(tiers, clock.now() - startUnixMs, widthFor(endUnixMs - startUnixMs));
    const question = { scope, choose: (edges: readonly Edge[]) => choose(shown(edges)), maxEdges };
    return await store.view(cluster, (view) => momentsOf(view, { startUnixMs, endUnixMs }, widthMs, question, nodes()));
  }

  /**
   * Hands out the last segments in the order of their commits, as far as they are not merged yet.
   * @param most how many at most. @throws WeirError STORE
   */
  async latest(most: number, take: (segment: Segment, id: number) => void): Promise<void> {
    const { store, cluster } = this.#options;
    await store.view(cluster, async (view) => {
      const window = { startUnixMs: Number.MIN_SAFE_INTEGER, endUnixMs: Number.MAX_SAFE_INTEGER };
      const afterId = Math.max(view.rolledId, view.lastId - most);
      for await (const { id, segment } of view.segments({ type: 'beginning', window }, afterId)) take(segment, id);
    });
  }

  /** What stands ready for a range; null when it has to be read. */
  #ready(range: Window | null): Fold | null {
    const { standing } = this.#live;
    if (range === null) return standing.longest.fold;
    const { clock, tiers } = this.#options;
    const widthMs = tiers[0]?.widthMs ?? 1;
    const untilNow = range.endUnixMs + widthMs > bucketStart(clock.now(), widthMs);
    return untilNow ? (standing.spanFor(range.startUnixMs)?.fold ?? null) : null;
  }

  #read(range: Window, scope: Scope): Promise<Fold> {
    const { store, cluster, maxEdges } = this.#options;
    return store.view(cluster, (view) => foldRange(view, range, scope, maxEdges));
  }

  #answer(fold: Fold, edges: readonly Edge[]): Answer {
    const { shown, nodes } = this.#options;
    return { edges: shown(edges), coverage: fold.coverage(nodes()) };
  }

  #maintain(): void {
    this.#maintaining = this.#maintaining.then(() => this.#upkeep.run());
  }

  #poll(): void {
    this.#polling ??= this.#live
      .poll()
      .catch((error: unknown) =>
        this.#options.log.warn(
          { error: messageOf(error) },
          'what others committed could not be read, to be tried again',
        ),
      )
      .finally(() => {
        this.#polling = null;
      });
  }

  /** Ends what is under way, and keeps what stands ready for the next start. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#maintaining;
    await this.#polling;
    await this.#upkeep.checkpoint().catch((error: unknown) => {
      this.#options.log.warn(
        { error: messageOf(error) },
        'what stood ready could not be kept; the next start takes longer',
      );
    });
  }
}
