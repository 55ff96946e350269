import { type ClientDuplexStream, type ServiceError, status } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { Backoff } from '../../core/backoff.ts';
import { messageOf } from '../../core/errors.ts';
import type { Milliseconds } from '../../core/time.ts';
import { Invalid } from '../../proto/check.ts';
import { defaultLimits, wireVersions } from '../../proto/limits.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { type BatchId, compareBatchIds } from '../spool/batch-id.ts';
import type { Spool, Taken } from '../spool/spool.ts';
import { StreamWriter } from './stream-writer.ts';

type Stream = ClientDuplexStream<wire.PushRequest, wire.PushResponse>;

export interface ExporterOptions {
  readonly cluster: string;
  readonly node: string;
  readonly version: string;
  /** First wait after a failure; it doubles up to the longest, and half of it is random. */
  readonly firstRetryMs: Milliseconds;
  readonly longestRetryMs: Milliseconds;
  /** How long an aggregator may take for its welcome before another connection is tried. */
  readonly answerWithinMs: Milliseconds;
}

/** What became of the batches, since the start. */
export interface ExportLedger {
  readonly sent: number;
  readonly reconnects: number;
  /** How often the aggregator asked for the dictionary anew. */
  readonly dictionariesAskedFor: number;
  readonly connected: boolean;
}

/** A stream on which the aggregator has said welcome. */
interface Welcomed {
  readonly writer: StreamWriter;
  credits: number;
  /** Batches that were sent and not acknowledged, oldest first. */
  underWay: readonly BatchId[];
  lastSent: BatchId | null;
  /** Runs while the aggregator wants a pause. */
  pause: NodeJS.Timeout | null;
}

/**
 * Sends the spool's batches in order over one stream and forgets them when the aggregator has committed them. After a
 * broken stream it starts again behind the last committed batch; what is sent twice the aggregator counts once.
 */
export class Exporter {
  readonly #connect: () => Connection;
  readonly #spool: Spool;
  readonly #options: ExporterOptions;
  readonly #agentStatus: () => wire.AgentStatus;
  readonly #log: Logger;
  #connection: Connection | null = null;
  #stream: Stream | null = null;
  #welcomed: Welcomed | null = null;
  readonly #backoff: Backoff;
  #retry: NodeJS.Timeout | null = null;
  /** Runs until the welcome. */
  #patience: NodeJS.Timeout | null = null;
  #stopped = false;
  readonly #counts = { sent: 0, reconnects: 0, dictionariesAskedFor: 0 };

  constructor(
    connect: () => Connection,
    spool: Spool,
    options: ExporterOptions,
    agentStatus: () => wire.AgentStatus,
    log: Logger,
    random: () => number = Math.random,
  ) {
    this.#connect = connect;
    this.#spool = spool;
    this.#options = options;
    this.#agentStatus = agentStatus;
    this.#log = log;
    this.#backoff = new Backoff(options.firstRetryMs, options.longestRetryMs, random);
  }

  get ledger(): ExportLedger {
    return { ...this.#counts, connected: this.#welcomed !== null };
  }

  start(): void {
    // Each stream has a connection of its own: a certificate that has been replaced is shown only to a new one.
    this.#connection = this.#connect();
    const stream = this.#connection.ingest.push();
    const status = this.#agentStatus();
    this.#stream = stream;
    stream.on('data', (response: wire.PushResponse) => this.#receive(stream, response, status));
    stream.on('error', (error: ServiceError) => this.#failed(stream, error));
    stream.on('end', () => this.#broken(stream, 'the aggregator ended the stream'));
    const { cluster, node, version, answerWithinMs } = this.#options;
    // One that hangs takes connections all the same, and gRPC waits for it.
    const giveUp = () => this.#broken(stream, `the aggregator did not answer within ${answerWithinMs} ms`);
    this.#patience = setTimeout(giveUp, answerWithinMs);
    const { oldest, forgotten } = this.#spool;
    stream.write({
      frame: 'hello',
      hello: { cluster, node, agentVersion: version, oldest, forgotten, status, versions: wireVersions },
    });
  }

  /** Stops sending; batches that are not acknowledged stay in the spool. */
  stop(): void {
    this.#stopped = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#end();
  }

  #end(): void {
    if (this.#patience !== null) clearTimeout(this.#patience);
    if (this.#welcomed?.pause) clearTimeout(this.#welcomed.pause);
    this.#welcomed = null;
    this.#stream?.cancel();
    this.#stream = null;
    this.#connection?.close();
    this.#connection = null;
  }

  /** Sends what the spool holds and the credits allow; called after every new batch. */
  pump(): void {
    const [stream, to] = [this.#stream, this.#welcomed];
    if (stream === null || to === null) return;
    try {
      while (to.pause === null && to.underWay.length < to.credits) {
        const taken = this.#spool.take(to.lastSent, to.credits - to.underWay.length);
        if (taken === null) return;
        this.#send(stream, to, taken);
      }
    } catch (error) {
      this.#broken(stream, messageOf(error));
    }
  }

  #send(stream: Stream, to: Welcomed, taken: Taken): void {
    const { id } = taken.label;
    const batch = this.#written(to, taken);
    if (batch === null) return;
    stream.write({ frame: 'batch', batch });
    to.lastSent = id;
    to.underWay = [...to.underWay, id];
    this.#counts.sent++;
  }

  #written(to: Welcomed, taken: Taken): wire.Batch | null {
    try {
      return to.writer.write(taken);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      this.#spool.reject(taken.label.id);
      this.#log.error({ batch: taken.label.id, reason: error.message }, 'a spooled batch cannot be read, dropped it');
      return null;
    }
  }

  #receive(stream: Stream, response: wire.PushResponse, status: wire.AgentStatus): void {
    if (stream !== this.#stream) return;
    try {
      if (response.frame === 'welcome') this.#welcome(response.welcome, status);
      else if (this.#welcomed === null) throw new Error('the aggregator did not begin with a welcome');
      else if (response.frame === 'ack') this.#acknowledged(this.#welcomed, response.ack);
      else if (response.frame === 'needDictionary') this.#beginDictionary(this.#welcomed, response.needDictionary);
    } catch (error) {
      this.#broken(stream, messageOf(error));
    }
    this.pump();
  }

  #welcome({ committed, credits, version, limits }: wire.Welcome, status: wire.AgentStatus): void {
    if (!wireVersions.includes(version)) throw new Error(`the aggregator wants version ${version} of the wire`);
    if (this.#patience !== null) clearTimeout(this.#patience);
    this.#spool.welcome(committed);
    this.#welcomed = {
      writer: new StreamWriter(limits ?? defaultLimits, this.#agentStatus, status),
      credits: Math.max(credits, 1),
      underWay: [],
      lastSent: null,
      pause: null,
    };
    this.#backoff.reset();
    this.#log.info({ committed, version }, 'connected to the aggregator');
  }

  #acknowledged(to: Welcomed, { committed, credits, throttleMs }: wire.Ack): void {
    if (credits > 0) to.credits = credits;
    if (throttleMs > 0) this.#pause(to, throttleMs);
    if (committed === null) return;
    if (to.lastSent === null || compareBatchIds(committed, to.lastSent) > 0) {
      throw new Error('the aggregator acknowledged what was not sent');
    }
    this.#spool.acknowledge(committed);
    to.underWay = to.underWay.filter((id) => compareBatchIds(id, committed) > 0);
  }

  #pause(to: Welcomed, ms: Milliseconds): void {
    if (to.pause !== null) clearTimeout(to.pause);
    to.pause = setTimeout(() => {
      to.pause = null;
      this.pump();
    }, ms);
  }

  #beginDictionary(to: Welcomed, { after, reason }: wire.NeedDictionary): void {
    this.#counts.dictionariesAskedFor++;
    this.#log.warn({ after, reason }, 'the aggregator wants the dictionary anew');
    to.writer.reset();
    to.underWay = to.underWay.filter((id) => after !== null && compareBatchIds(id, after) <= 0);
    to.lastSent = after;
  }

  #failed(stream: Stream, error: ServiceError): void {
    // Batches are answered in order: the first that is under way is the one that cannot be taken. Sending it again
    // would hold up all others for ever.
    const batch = stream === this.#stream ? this.#welcomed?.underWay[0] : undefined;
    if (batch !== undefined && error.code === status.INVALID_ARGUMENT) {
      this.#spool.reject(batch);
      this.#log.error({ batch, reason: error.details }, 'the aggregator cannot take a batch, dropped it');
    }
    this.#broken(stream, messageOf(error));
  }

  #broken(stream: Stream, reason: string): void {
    if (stream !== this.#stream || this.#stopped) return;
    this.#end();
    const waitMs = this.#backoff.next();
    this.#log.warn({ reason, retryInMs: Math.round(waitMs), pending: this.#spool.pending.length }, 'aggregator lost');
    this.#retry = setTimeout(() => {
      this.#counts.reconnects++;
      this.start();
    }, waitMs);
  }
}
