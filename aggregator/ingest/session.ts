import type { Logger } from 'pino';
import { WeirError } from '../../core/errors.ts';
import type { ColumnBatch } from '../../proto/column-batch.ts';
import type { SharedTexts } from '../../proto/shared-texts.ts';
import type * as wire from '../../proto/wire.ts';
import type { Segment } from '../graph/segment.ts';
import type { Commit, CommitResult } from '../store/store.ts';
import type { Pace } from './credits.ts';
import { BatchQueue } from './batch-queue.ts';
import type { HeldBatch } from './held-batch.ts';
import { Inbox, type Received } from './inbox.ts';
import { asWeirError, oldestIn, refusalOf, versionFor } from './judgement.ts';
import type { Fate } from './ledger.ts';
import type { PushCall } from './push-call.ts';
import type { StreamLanes } from './stream-lanes.ts';

/** How long a stream may be open before its agent says who it is. */
const helloWithinMs = 10_000;

/** What a session needs of the ingest that it is part of. */
export interface SessionHost {
  /** Makes a session the one that speaks for its node. @returns how far the node is committed. @throws WeirError */
  join(session: Session, hello: wire.Hello): Promise<wire.BatchId | null>;
  /** The session is over. @param node null when it never said which */
  leave(node: string | null, session: Session): void;
  told(node: string, status: wire.AgentStatus | null): void;
  /** How fast an agent may send now. */
  pace(): Pace;
  /** What the dictionaries of all streams share. */
  readonly texts: SharedTexts;
  arrived(): void;
  ended(fate: Fate): void;
  /** What the edges of a new stream are resolved with. */
  lanes(node: string): StreamLanes;
  /** Takes that a batch was read. @returns why it cannot be taken; null when it can */
  read(session: Session, batch: ColumnBatch): WeirError | null;
  /** Keeps a batch that has arrived until `end` is called of it. */
  hold(message: wire.Batch): HeldBatch;
  /** Does a piece of work when its turn has come: others go on in between. */
  inTurn(work: () => void): void;
  /** Gives names to the ends of a batch's flows, in this turn or when the cluster's state shows them. */
  resolve(node: string, batch: ColumnBatch, lanes: StreamLanes): Promise<Segment>;
  /** Commits a segment behind those that were given before. @throws WeirError STORE */
  commit(commit: Commit): Promise<CommitResult>;
}

/** What there is of a stream whose agent was welcomed. */
interface Welcomed {
  readonly inbox: Inbox;
  readonly queue: BatchQueue;
}

/**
 * One agent's stream: hello, welcome, then batches in order and acknowledgements in order. Batches are resolved one
 * after the other and committed in that order; an acknowledgement is written only after the commit.
 */
export class Session {
  readonly #call: PushCall;
  readonly #host: SessionHost;
  readonly #limits: wire.Limits;
  readonly #log: Logger;
  readonly #silence: NodeJS.Timeout;
  #credits = 1;
  #hello: wire.Hello | null = null;
  /** Null until the agent is welcomed. */
  #welcomed: Welcomed | null = null;
  /** How far to acknowledge, once that can be written; null when that was written. */
  #due: wire.BatchId | null = null;
  #isClogged = false;
  /** Nothing more is taken or answered. */
  #over = false;
  #hasLeft = false;
  #draining = false;
  #pending = 0;
  #onSettled: (() => void)[] = [];
  /** The answer to the last batch that was resolved. */
  #answering: Promise<void> = Promise.resolve();
  /** A batch came that cannot be taken: the stream ends when those before it are answered. */
  #refused = false;

  constructor(call: PushCall, host: SessionHost, limits: wire.Limits, log: Logger) {
    this.#call = call;
    this.#host = host;
    this.#limits = limits;
    this.#log = log;
    const silent = () => this.fail(new WeirError('INGEST_INVALID', `no hello came in ${helloWithinMs / 1000} s`));
    this.#silence = setTimeout(silent, helloWithinMs);
  }

  /** About how many bytes the stream's dictionary takes. */
  get dictionaryBytes(): number {
    return this.#welcomed?.inbox.dictionaryBytes ?? 0;
  }

  receive(request: wire.PushRequest): void {
    if (request.frame === 'hello' && this.#over) return;
    if (request.frame === 'hello') void this.#greet(request.hello);
    else if (request.frame === 'batch') this.#take(request.batch);
    else this.fail(new WeirError('INGEST_INVALID', 'a request holds neither hello nor batch'));
  }

  /** The stream is gone; what is under way is still committed. */
  closed(): void {
    this.#end();
  }

  #end(): void {
    this.#over = true;
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    clearTimeout(this.#silence);
    this.#welcomed = null;
    this.#host.leave(this.#hello?.node ?? null, this);
  }

  /** The agent has read what was written. */
  drained(): void {
    this.#isClogged = false;
    this.#acknowledge();
  }

  /** Ends the stream with an error and takes nothing more. */
  fail(error: WeirError): void {
    if (this.#over) return;
    this.#isClogged = false;
    this.#acknowledge();
    this.#over = true;
    // Of an aggregator that stops one line for each agent says nothing.
    const level = error.code === 'SHUTTING_DOWN' ? 'debug' : 'warn';
    this.#log[level]({ node: this.#hello?.node, code: error.code, error: error.message }, 'agent stream ended');
    this.#call.fail(error);
    this.#end();
  }

  /** Lets what is under way be committed and acknowledged, takes nothing more, then ends the stream with the error. */
  async drain(error: WeirError): Promise<void> {
    this.#draining = true;
    this.#call.pause();
    await this.#settled();
    this.fail(error);
  }

  #settled(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#pending === 0) resolve();
      else this.#onSettled.push(resolve);
    });
  }

  async #greet(hello: wire.Hello): Promise<void> {
    if (this.#hello !== null) {
      this.fail(new WeirError('INGEST_INVALID', 'the agent said hello twice'));
      return;
    }
    this.#hello = hello;
    clearTimeout(this.#silence);
    try {
      const version = versionFor(hello);
      const committed = await this.#host.join(this, hello);
      if (this.#over) return;
      const { credits } = this.#host.pace();
      this.#credits = credits;
      const inbox = new Inbox(hello.node, committed, this.#limits, this.#host.texts);
      const lanes = this.#host.lanes(hello.node);
      const serve = (held: HeldBatch) => this.#serve(held, hello, inbox, lanes);
      this.#welcomed = { inbox, queue: new BatchQueue((work) => this.#host.inTurn(work), serve) };
      this.#write({ frame: 'welcome', welcome: { committed, credits, version, limits: this.#limits } });
      this.#log.info({ node: hello.node, agent: hello.agentVersion, committed, version }, 'agent connected');
    } catch (error) {
      this.fail(asWeirError(error));
    }
  }

  #take(message: wire.Batch): void {
    this.#host.arrived();
    this.#pending++;
    if (this.#pending >= this.#credits) this.#call.pause();
    if (this.#over || this.#refused) {
      this.#ended('rejected');
      return;
    }
    if (this.#welcomed === null) {
      this.fail(new WeirError('INGEST_INVALID', 'the agent sent a batch before it was welcomed'));
      this.#ended('rejected');
      return;
    }
    this.#welcomed.queue.push(this.#host.hold(message));
  }

  #checked(received: Received): Received {
    const error = received.type === 'batch' ? this.#host.read(this, received.batch) : null;
    return error === null ? received : { type: 'refused', error };
  }

  /** Its agent takes the first batch that is not acknowledged for the one that was refused. */
  async #refuse(error: WeirError): Promise<void> {
    this.#refused = true;
    await this.#answering;
    this.fail(error);
    this.#ended('rejected');
  }

  /**
   * A batch waits as it was sent, which takes a tenth of the memory, and is read and resolved when it is its turn. Ends
   * when it is the next one's, which is resolved while this one is committed.
   */
  async #serve(held: HeldBatch, hello: wire.Hello, inbox: Inbox, lanes: StreamLanes): Promise<void> {
    let isCommitting = false;
    try {
      const received = this.#read(held, hello, inbox);
      if (received === null) {
        this.#ended('rejected');
      } else if (received.type === 'ignored') {
        if (received.ask !== null) this.#write({ frame: 'needDictionary', needDictionary: received.ask });
        this.#ended('rejected');
      } else if (received.type === 'refused') {
        await this.#refuse(received.error);
      } else {
        const { batch } = received;
        this.#commit(batch, hello, await this.#host.resolve(hello.node, batch, lanes), held);
        isCommitting = true;
      }
    } catch (error) {
      this.#broke(error);
    } finally {
      if (!isCommitting) held.end();
    }
  }

  /** Null when nothing is taken any more. */
  #read(held: HeldBatch, { node }: wire.Hello, inbox: Inbox): Received | null {
    if (this.#over || this.#refused) return null;
    const received = this.#checked(inbox.receive(held.message, held.columns));
    if (received.type === 'batch') this.#host.told(node, received.status);
    return received;
  }

  #commit(batch: ColumnBatch, hello: wire.Hello, segment: Segment, held: HeldBatch): void {
    const { node, forgotten } = hello;
    const oldestSequence = oldestIn(hello, batch.epoch);
    const commit = { segment, firstSequence: batch.firstSequence, oldestSequence, forgotten };
    this.#answering = this.#host
      .commit(commit)
      .then(
        (result) => this.#answer(node, batch, result),
        (error: unknown) => this.#broke(error),
      )
      .finally(() => held.end());
  }

  #broke(error: unknown): void {
    this.fail(asWeirError(error));
    this.#ended('rejected');
  }

  #answer(node: string, batch: ColumnBatch, result: CommitResult): void {
    const error = refusalOf(node, batch, result);
    if (error !== null) {
      this.fail(error);
      this.#ended('rejected');
      return;
    }
    const { epoch, sequence } = result.type === 'committed' ? result.segment : (result.cursor as wire.BatchId);
    // One acknowledgement stands for all that were committed together.
    if (this.#due === null) queueMicrotask(() => this.#acknowledge());
    this.#due = { epoch, sequence };
    this.#ended(result.type === 'committed' ? 'committed' : 'duplicate');
  }

  #write(response: wire.PushResponse): void {
    if (!this.#call.write(response)) this.#isClogged = true;
  }

  #acknowledge(): void {
    const committed = this.#due;
    if (committed === null || this.#over || this.#isClogged) return;
    this.#due = null;
    const { credits, throttleMs } = this.#host.pace();
    const changed = credits !== this.#credits;
    this.#credits = credits;
    this.#write({ frame: 'ack', ack: { committed, credits: changed ? credits : 0, throttleMs } });
  }

  #ended(fate: Fate): void {
    this.#host.ended(fate);
    this.#pending--;
    if (this.#pending < this.#credits && !this.#over && !this.#draining) this.#call.resume();
    if (this.#pending > 0) return;
    for (const resolve of this.#onSettled) resolve();
    this.#onSettled = [];
  }
}
