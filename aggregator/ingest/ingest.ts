import type { Logger } from 'pino';
import { WeirError } from '../../core/errors.ts';
import type { ColumnBatch } from '../../proto/column-batch.ts';
import type { Clock } from '../../core/time.ts';
import { SharedTexts } from '../../proto/shared-texts.ts';
import type * as wire from '../../proto/wire.ts';
import { Arena } from '../graph/arena.ts';
import type { Segment } from '../graph/segment.ts';
import type { Commit, CommitResult, Cursor, Store } from '../store/store.ts';
import { Agents } from './agents.ts';
import { BlockPool } from './block-pool.ts';
import { Committer } from './committer.ts';
import { type CreditLimits, type Pace, paceOf } from './credits.ts';
import { DictionaryBudget } from './dictionary-budget.ts';
import { type BatchMemory, HeldBatch } from './held-batch.ts';
import { type Fate, IngestCounts, type IngestLedger } from './ledger.ts';
import type { Resolver } from './resolver.ts';
import type { PushCall } from './push-call.ts';
import { Session, type SessionHost } from './session.ts';
import type { StreamLanes } from './stream-lanes.ts';
import { Turns } from './turns.ts';

export interface IngestOptions {
  readonly cluster: string;
  readonly store: Store;
  readonly resolver: Resolver;
  readonly credits: CreditLimits;
  /** What is taken of one agent. */
  readonly limits: wire.Limits;
  /** How many streams may be open. */
  readonly maxStreams: number;
  /** What the dictionaries of all streams may take together. */
  readonly maxDictionaryBytes: number;
  readonly clock: Clock;
  /**
   * Told of every segment right after it was committed and before it is acknowledged. Its columns are no more what they
   * were after that: who keeps a segment keeps it in `KeptSegments`.
   */
  readonly onCommitted: (segment: Segment, id: number) => void;
  readonly log: Logger;
}

/** How far a window may be ahead of this clock: beyond it the agent's is wrong, and nobody would ask for that time. */
const maxAheadMs = 86_400_000;
/** How long batches are read and resolved at a stretch while others wait: some thousand rows. */
const sliceMs = 5;
/** The batches that are under way lie in pieces of memory of that size, of which so many are kept for the next ones. */
const bodyChunkBytes = 2 ** 18;
const maxFreeBodyChunks = 16;
/** How much memory of decoded batches is kept for the next ones. */
const maxFreeColumnBytes = 2 ** 24;
/** How many addresses and names the dictionaries of all streams share. */
const maxTexts = 500_000;
/** Kubernetes names have at most so many characters. */
const maxNodeName = 253;

/** Takes in the batches of all agents: resolves them, commits them, and only then acknowledges them. */
export class Ingest implements SessionHost {
  readonly agents: Agents;
  readonly texts = new SharedTexts(maxTexts);
  readonly #options: IngestOptions;
  readonly #committer: Committer;
  readonly #turns: Turns;
  readonly #memory: BatchMemory = {
    bodies: new Arena(bodyChunkBytes, maxFreeBodyChunks),
    columns: new BlockPool(maxFreeColumnBytes),
  };
  readonly #counts = new IngestCounts();
  readonly #dictionaries: DictionaryBudget<Session>;
  #streams = 0;
  #stopping = false;

  /** Continues behind the cursors in the store. @throws WeirError STORE */
  static async open(options: IngestOptions): Promise<Ingest> {
    return new Ingest(options, await options.store.cursors(options.cluster));
  }

  private constructor(options: IngestOptions, cursors: readonly Cursor[]) {
    this.#options = options;
    this.#committer = new Committer(options.store);
    this.#turns = new Turns(sliceMs, () => this.#committer.room());
    this.#dictionaries = new DictionaryBudget(options.maxDictionaryBytes);
    this.agents = new Agents(cursors);
  }

  get ledger(): IngestLedger {
    return this.#counts.ledger;
  }

  /** About how many bytes the dictionaries of all streams take. */
  get dictionaryBytes(): number {
    return this.#dictionaries.bytes;
  }

  /** Pods that agents reported for which the cluster has on another node. */
  get foreignPods(): number {
    return this.#options.resolver.foreignPods;
  }

  /** Serves one agent's stream. */
  accept(call: PushCall): Session {
    const { limits, log, maxStreams } = this.#options;
    const session = new Session(call, this, limits, log);
    this.#streams++;
    if (this.#streams > maxStreams) {
      const what = `${maxStreams} are open; raise --max-streams, or find out who opens so many`;
      session.fail(new WeirError('INGEST_OVERLOADED', what));
    }
    return session;
  }

  /** What an earlier session has under way may still be committed; if it is sent again it counts as a duplicate. */
  async join(session: Session, { cluster, node, status }: wire.Hello): Promise<wire.BatchId | null> {
    if (this.#stopping) throw shuttingDown();
    if (cluster !== this.#options.cluster) {
      const what = `this aggregator serves ${this.#options.cluster}, the agent says ${cluster}; set both to the same name`;
      throw new WeirError('INGEST_CLUSTER_MISMATCH', what);
    }
    if (node === '' || node.length > maxNodeName) {
      throw new WeirError('INGEST_INVALID', 'the agent names no node; start it with the name of its node');
    }
    const before = this.agents.connect(node, session);
    this.agents.told(node, status);
    before?.fail(new WeirError('INGEST_SUPERSEDED', `a newer stream of node ${node} was opened`));
    // Another aggregator may have committed more of the node meanwhile.
    const cursor = await this.#options.store.cursor(cluster, node);
    return cursor === null ? null : { epoch: cursor.epoch, sequence: cursor.sequence };
  }

  leave(node: string | null, session: Session): void {
    this.#streams--;
    this.#dictionaries.ended(session);
    if (node !== null) this.agents.disconnect(node, session);
  }

  read(session: Session, { window }: ColumnBatch): WeirError | null {
    const aheadMs = window.endUnixMs - this.#options.clock.now();
    if (aheadMs > maxAheadMs) {
      const what = `its window ends ${Math.round(aheadMs / 3_600_000)} h ahead of the aggregator's clock; set the node's`;
      return new WeirError('INGEST_INVALID', what);
    }
    const greediest = this.#dictionaries.grown(session);
    if (greediest === null) return null;
    const what = `the dictionaries of all streams take more than ${this.#options.maxDictionaryBytes} bytes, and its is the largest; raise --max-dictionary-mb`;
    const error = new WeirError('INGEST_OVERLOADED', what);
    if (greediest === session) return error;
    greediest.fail(error);
    return null;
  }

  told(node: string, status: wire.AgentStatus | null): void {
    this.agents.told(node, status);
  }

  pace(): Pace {
    return paceOf(this.#options.credits, this.agents.connected, this.#counts.ledger.pending);
  }

  arrived(): void {
    this.#counts.arrived();
  }

  ended(fate: Fate): void {
    this.#counts.ended(fate);
  }

  lanes(node: string): StreamLanes {
    return this.#options.resolver.stream(node);
  }

  hold(message: wire.Batch): HeldBatch {
    return new HeldBatch(message, this.#memory);
  }

  inTurn(work: () => void): void {
    this.#turns.queue(work);
  }

  async resolve(node: string, batch: ColumnBatch, lanes: StreamLanes): Promise<Segment> {
    const { epoch, sequence, window, losses } = batch;
    const rows = await this.#options.resolver.resolve(batch.rows, lanes, (work) => this.#turns.run(work));
    // Where rows were added up, what was sent is not what they are.
    const coded = rows.lanes.length === batch.rows.edges.length ? batch.rows.coded : null;
    return { cluster: this.#options.cluster, node, epoch, sequence, window, losses, rows, coded };
  }

  async commit(commit: Commit): Promise<CommitResult> {
    const result = await this.#committer.commit(commit);
    if (result.type !== 'committed') return result;
    const { node } = result.segment;
    this.seen(result.segment);
    if (result.missing > 0) this.#options.log.error({ node, missing: result.missing }, 'batches were lost on the way');
    this.#options.onCommitted(result.segment, result.id);
    return result;
  }

  /** A segment was committed, here or by another aggregator. */
  seen({ node, epoch, sequence, window }: Segment): void {
    this.agents.committed({ node, epoch, sequence, windowEndUnixMs: window.endUnixMs }, this.#options.clock.now());
  }

  /** Takes nothing in any more, lets what is under way end, and ends the streams. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const sessions = this.agents.sessions();
    await Promise.all(sessions.map((session) => session.drain(shuttingDown())));
    await this.#committer.settled();
  }
}

function shuttingDown(): WeirError {
  return new WeirError('SHUTTING_DOWN', 'connect again later; what is not acknowledged has to be sent again');
}
