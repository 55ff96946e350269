import { LRUCache } from 'lru-cache';
import type { Milliseconds } from '../../core/time.ts';
import type { RowColumns } from '../../proto/column-batch.ts';
import type { Lanes } from '../graph/lane.ts';
import type { Rows } from '../graph/rows.ts';
import type { IdentityChange } from '../identity/changes.ts';
import type { Identity } from '../identity/identity.ts';
import { rowsOfColumns } from './column-rows.ts';
import { type LaneSources, StreamLanes } from './stream-lanes.ts';
import { Subjects } from './subjects.ts';
import type { InTurn } from './turns.ts';
import { Waiters } from './waiters.ts';

export interface ResolverOptions {
  /** How long a batch waits for the cluster's state to show who is in it. */
  readonly waitMs: Milliseconds;
  /** For how long somebody who was waited for in vain is not waited for again. */
  readonly giveUpMs: Milliseconds;
  /** How many of those are remembered. */
  readonly maxGivenUp: number;
  /** Nothing is named before this has resolved; if it rejects, nothing is named at all. */
  readonly firstState: Promise<void>;
  /** Gives equal lanes as one object, as the store does. */
  readonly lanes: Lanes;
  /** How many pods and addresses are followed, so that who they are is not asked for each row. */
  readonly maxSubjects: number;
}

/**
 * Gives names to the ends of a batch's flows. An agent sees a pod's first packets before the cluster's state shows the
 * pod, so a batch with somebody unknown in it waits a little, until the state shows them or the time is over.
 */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #sources: LaneSources;
  readonly #givenUp: LRUCache<string, true>;
  readonly #waiters = new Waiters();
  #hasFirstState = false;

  constructor(identity: Identity, options: ResolverOptions) {
    this.#options = options;
    const [subjects, { lanes }] = [new Subjects(options.maxSubjects), options];
    this.#sources = { identity, subjects, lanes, foreign: { pods: 0 } };
    this.#givenUp = new LRUCache({ max: options.maxGivenUp, ttl: options.giveUpMs });
    const isThere = () => {
      this.#hasFirstState = true;
    };
    options.firstState.then(isThere, () => undefined);
  }

  /** Takes of whom another answer may be given now. */
  changed(change: IdentityChange): void {
    this.#sources.subjects.changed(change);
    this.#waiters.learnt(change.keys);
  }

  /** Pods that agents reported for which the cluster has on another node: noted, and taken for what it says. */
  get foreignPods(): number {
    return this.#sources.foreign.pods;
  }

  /** What a new stream of a node resolves its edges with. */
  stream(node: string): StreamLanes {
    return new StreamLanes(this.#sources, node);
  }

  /**
   * The rows of a batch. To be called in a turn, in which they are resolved if that can be: what is decoded and waits
   * takes ten times the memory of what was sent.
   * @param lanes of its stream, whose batches are resolved one after the other
   * @throws whatever keeps the first state of the cluster from coming
   */
  async resolve(columns: RowColumns, lanes: StreamLanes, inTurn: InTurn): Promise<Rows> {
    const { waitMs, firstState } = this.#options;
    const deadline = performance.now() + waitMs;
    const attempt = () => this.#try(columns, lanes, performance.now() >= deadline);
    const isTurn = this.#hasFirstState;
    if (!isTurn) await firstState;
    let tried = isTurn ? attempt() : await inTurn(attempt);
    while (tried.rows === null) {
      await this.#waiters.wait(tried.unknown, deadline - performance.now());
      tried = await inTurn(attempt);
    }
    return tried.rows;
  }

  /** The rows, or who is unknown as yet. @param isLast takes those for unknown for good */
  #try(columns: RowColumns, lanes: StreamLanes, isLast: boolean): { rows: Rows | null; unknown: ReadonlySet<string> } {
    const { slots, unknown } = lanes.resolve(columns, this.#givenUp);
    if (unknown.size > 0 && !isLast) return { rows: null, unknown };
    for (const key of unknown) this.#givenUp.set(key, true);
    return { rows: rowsOfColumns(columns, slots, lanes.lanes), unknown };
  }
}
