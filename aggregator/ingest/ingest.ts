import type { Logger } from 'pino';
import { WeirError } from '../../core/errors.ts';
import type { Batch } from '../../core/flow.ts';
import type * as wire from '../../proto/wire.ts';
import type { Segment } from '../graph/segment.ts';
import type { Commit, CommitResult, Cursor, Store } from '../store/store.ts';
import { Agents } from './agents.ts';
import { Committer } from './committer.ts';
import { type CreditLimits, type Pace, paceOf } from './credits.ts';
import { type Fate, IngestCounts, type IngestLedger } from './ledger.ts';
import type { Resolver } from './resolver.ts';
import { type PushCall, Session, type SessionHost } from './session.ts';

export interface IngestOptions {
  readonly cluster: string;
  readonly store: Store;
  readonly resolver: Resolver;
  readonly credits: CreditLimits;
  /** What is taken of one agent. */
  readonly limits: wire.Limits;
  /** Told of every segment right after it was committed and before it is acknowledged. */
  readonly onCommitted: (segment: Segment, id: number) => void;
  readonly log: Logger;
}

/** Kubernetes names have at most so many characters. */
const maxNodeName = 253;

/** Takes in the batches of all agents: resolves them, commits them, and only then acknowledges them. */
export class Ingest implements SessionHost {
  readonly agents: Agents;
  readonly #options: IngestOptions;
  readonly #committer: Committer;
  readonly #counts = new IngestCounts();
  #stopping = false;

  /** Continues behind the cursors in the store. @throws WeirError STORE */
  static async open(options: IngestOptions): Promise<Ingest> {
    return new Ingest(options, await options.store.cursors(options.cluster));
  }

  private constructor(options: IngestOptions, cursors: readonly Cursor[]) {
    this.#options = options;
    this.#committer = new Committer(options.store);
    this.agents = new Agents(cursors);
  }

  get ledger(): IngestLedger {
    return this.#counts.ledger;
  }

  /** Serves one agent's stream. */
  accept(call: PushCall): Session {
    return new Session(call, this, this.#options.limits, this.#options.log);
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

  leave(node: string, session: Session): void {
    this.agents.disconnect(node, session);
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

  async resolve(node: string, batch: Batch): Promise<Segment> {
    const { epoch, sequence, window, losses } = batch;
    const rows = await this.#options.resolver.resolve(batch);
    return { cluster: this.#options.cluster, node, epoch, sequence, window, losses, rows };
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
    this.agents.committed({ node, epoch, sequence, windowEndUnixMs: window.endUnixMs });
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
