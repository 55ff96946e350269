import type { Logger } from 'pino';
import { messageOf, WeirError } from '../../core/errors.ts';
import type { Batch } from '../../core/flow.ts';
import { decodeBatch } from '../../proto/convert-batch.ts';
import type * as wire from '../../proto/wire.ts';
import type { Segment } from '../graph/segment.ts';
import type { CommitResult } from '../store/store.ts';
import type { Fate } from './ledger.ts';

/** The stream of one agent, as far as a session needs it. */
export interface PushCall {
  write(response: wire.PushResponse): void;
  /** Ends the stream with an error. */
  fail(error: WeirError): void;
  /** Stops taking requests from the network. */
  pause(): void;
  resume(): void;
}

/** What a session needs of the ingest that it is part of. */
export interface SessionHost {
  /** Makes a session the one that speaks for its node. @returns how far the node is committed. @throws WeirError */
  join(session: Session, hello: wire.Hello): wire.BatchId | null;
  leave(node: string, session: Session): void;
  told(node: string, status: wire.AgentStatus | null): void;
  arrived(): void;
  ended(fate: Fate): void;
  /** Gives names to the ends of a batch's flows; may wait a little for the cluster's state to show them. */
  resolve(node: string, batch: Batch): Promise<Segment>;
  /** Commits a segment behind those that were given before. @throws WeirError STORE */
  commit(segment: Segment, oldestSequence: number): Promise<CommitResult>;
}

/**
 * One agent's stream: hello, welcome, then batches in order and acknowledgements in order. Batches are resolved one
 * after the other and committed in that order; an acknowledgement is written only after the commit.
 */
export class Session {
  readonly #call: PushCall;
  readonly #host: SessionHost;
  readonly #credits: number;
  readonly #log: Logger;
  #hello: wire.Hello | null = null;
  #welcomed = false;
  /** Nothing more is taken or answered. */
  #over = false;
  #draining = false;
  #pending = 0;
  #onSettled: (() => void)[] = [];
  /** The resolving of the last batch that arrived. */
  #resolving: Promise<void> = Promise.resolve();

  constructor(call: PushCall, host: SessionHost, credits: number, log: Logger) {
    this.#call = call;
    this.#host = host;
    this.#credits = credits;
    this.#log = log;
  }

  receive(request: wire.PushRequest): void {
    if (request.frame === 'hello') this.#greet(request.hello);
    else if (request.frame === 'batch') this.#take(request.batch);
    else this.fail(new WeirError('INGEST_INVALID', 'a request holds neither hello nor batch'));
  }

  /** The stream is gone; what is under way is still committed. */
  closed(): void {
    this.#over = true;
    if (this.#hello !== null) this.#host.leave(this.#hello.node, this);
  }

  /** Ends the stream with an error and takes nothing more. */
  fail(error: WeirError): void {
    if (this.#over) return;
    this.#over = true;
    this.#log.warn({ node: this.#hello?.node, code: error.code, error: error.message }, 'agent stream ended');
    this.#call.fail(error);
    if (this.#hello !== null) this.#host.leave(this.#hello.node, this);
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

  #greet(hello: wire.Hello): void {
    if (this.#hello !== null) {
      this.fail(new WeirError('INGEST_INVALID', 'the agent said hello twice'));
      return;
    }
    this.#hello = hello;
    try {
      const committed = this.#host.join(this, hello);
      this.#welcomed = true;
      this.#call.write({ frame: 'welcome', welcome: { committed, credits: this.#credits } });
      this.#log.info({ node: hello.node, agent: hello.agentVersion, committed }, 'agent connected');
    } catch (error) {
      this.fail(asWeirError(error));
    }
  }

  #take(message: wire.Batch): void {
    this.#host.arrived();
    this.#pending++;
    if (this.#pending >= this.#credits) this.#call.pause();
    const hello = this.#hello;
    if (hello === null || !this.#welcomed) {
      this.fail(new WeirError('INGEST_INVALID', 'the agent sent a batch before it was welcomed'));
      this.#ended('rejected');
      return;
    }
    const read = decodeBatch(message);
    if (!read.ok) {
      const id = message.id === null ? '' : ` ${message.id.epoch}/${message.id.sequence}`;
      this.fail(new WeirError('INGEST_INVALID', `batch${id} of node ${hello.node}: ${read.message}`));
      this.#ended('rejected');
      return;
    }
    this.#host.told(hello.node, read.status);
    const { batch } = read;
    const oldestSequence = hello.oldest?.epoch === batch.epoch ? hello.oldest.sequence : 1;
    const before = this.#resolving;
    this.#resolving = this.#process(before, batch, oldestSequence, hello.node);
  }

  async #process(before: Promise<void>, batch: Batch, oldestSequence: number, node: string): Promise<void> {
    await before;
    if (this.#over) {
      this.#ended('rejected');
      return;
    }
    try {
      const segment = await this.#host.resolve(node, batch);
      // Not awaited: the next batch is resolved while this one is committed.
      this.#host.commit(segment, oldestSequence).then(
        (result) => this.#answer(node, batch.sequence, result),
        (error: unknown) => this.#broke(error),
      );
    } catch (error) {
      this.#broke(error);
    }
  }

  #broke(error: unknown): void {
    this.fail(asWeirError(error));
    this.#ended('rejected');
  }

  #answer(node: string, sequence: number, result: CommitResult): void {
    if (result.type === 'gap') {
      const expected = result.cursor === null ? 1 : result.cursor.sequence + 1;
      const what = `node ${node} sent ${sequence} where ${expected} was due; send from there`;
      this.fail(new WeirError('INGEST_SEQ_GAP', what, { detail: { sequence, expected } }));
      this.#ended('rejected');
      return;
    }
    const { epoch, sequence: through } = result.type === 'committed' ? result.segment : result.cursor;
    if (!this.#over) this.#call.write({ frame: 'ack', ack: { committed: { epoch, sequence: through } } });
    this.#ended(result.type);
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

function asWeirError(error: unknown): WeirError {
  return error instanceof WeirError ? error : new WeirError('STORE', messageOf(error), { cause: error });
}
