import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Coverage, NodeCoverage } from '../../core/coverage.ts';
import type { Edge } from '../../core/edge.ts';
import { messageOf } from '../../core/errors.ts';
import type { Clock, Milliseconds, UnixMs, Window } from '../../core/time.ts';
import type { Store } from '../store/store.ts';
import { Fold } from './fold.ts';
import type { Segment } from './segment.ts';

export interface HistoryOptions {
  readonly cluster: string;
  readonly store: Store;
  /** How long segments are kept. */
  readonly retentionMs: Milliseconds;
  readonly pruneEveryMs: Milliseconds;
  /** How many edges a graph may have: further ones are counted as losses. */
  readonly maxEdges: number;
  /** Every node that the cluster has. */
  readonly nodes: () => readonly string[];
  /** What edges look like to whoever asks for them. */
  readonly shown: (edges: readonly Edge[]) => readonly Edge[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** A graph with what it rests on. Edges are sorted by client, server, protocol and port. */
export interface Answer {
  readonly edges: readonly Edge[];
  readonly coverage: Coverage;
}

/** How many segments one step of pruning takes: bounds how long it holds up everything else. */
const pruneStep = 128;

/** All that is kept: the graph of the whole retention ready in memory, that of a span of time read from the store. */
export class History {
  readonly #options: HistoryOptions;
  readonly #live: Fold;
  readonly #timer: NodeJS.Timeout;
  #pruning: Promise<void> = Promise.resolve();

  /** Reads back what is stored. @throws WeirError STORE */
  static async open(options: HistoryOptions): Promise<History> {
    const live = new Fold(options.maxEdges);
    for await (const segment of options.store.segments(options.cluster, allTime)) live.add(segment);
    return new History(options, live);
  }

  private constructor(options: HistoryOptions, live: Fold) {
    this.#options = options;
    this.#live = live;
    this.#timer = setInterval(() => {
      this.#pruning = this.#pruning.then(() => this.#prune());
    }, options.pruneEveryMs);
  }

  /** Adds a segment that the store has committed. */
  add(segment: Segment): void {
    this.#live.add(segment);
  }

  get edgeCount(): number {
    return this.#live.edgeCount;
  }

  /** How much of a node was watched in all that is kept. */
  nodeCoverage(node: string): NodeCoverage {
    return this.#live.nodeCoverage(node);
  }

  /** What is kept, as of now. */
  all(): Answer {
    return this.#answer(this.#live);
  }

  /** What was seen in the windows that overlap the given one; windows are taken whole. @throws WeirError STORE */
  async during(window: Window): Promise<Answer> {
    const { store, cluster, maxEdges } = this.#options;
    const fold = new Fold(maxEdges);
    for await (const segment of store.segments(cluster, window)) fold.add(segment);
    return this.#answer(fold);
  }

  #answer(fold: Fold): Answer {
    const { shown, nodes } = this.#options;
    return { edges: shown(fold.edges()), coverage: fold.coverage(nodes()) };
  }

  async #prune(): Promise<void> {
    const { store, cluster, retentionMs, clock, log } = this.#options;
    const before: UnixMs = clock.now() - retentionMs;
    try {
      for (let more = true; more; ) {
        const removed = await store.prune(cluster, before, pruneStep);
        for (const segment of removed) this.#live.remove(segment);
        more = removed.length === pruneStep;
        await nextTurn();
      }
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'old segments could not be removed, to be tried again');
    }
  }

  /** Ends pruning. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#pruning;
  }
}

const allTime: Window = { startUnixMs: 0, endUnixMs: Number.MAX_SAFE_INTEGER };
