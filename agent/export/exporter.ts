import { type ClientDuplexStream, type ServiceError, status } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';
import type { Milliseconds } from '../../core/time.ts';
import { batchMessage } from '../../proto/convert-batch.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { type BatchId, compareBatchIds, type Spool } from '../spool/spool.ts';

type Stream = ClientDuplexStream<wire.PushRequest, wire.PushResponse>;

export interface ExporterOptions {
  readonly cluster: string;
  readonly node: string;
  readonly version: string;
  /** First wait after a failure; it doubles up to the longest, and half of it is random. */
  readonly firstRetryMs: Milliseconds;
  readonly longestRetryMs: Milliseconds;
}

/** What became of the batches, since the start. */
export interface ExportLedger {
  readonly sent: number;
  readonly acknowledged: number;
  readonly reconnects: number;
  readonly connected: boolean;
}

/**
 * Sends the spool's batches in order over one stream and forgets them when the aggregator has committed them. After a
 * broken stream it starts again behind the last committed batch; what is sent twice the aggregator counts once.
 */
export class Exporter {
  readonly #connection: Connection;
  readonly #spool: Spool;
  readonly #options: ExporterOptions;
  readonly #agentStatus: () => wire.AgentStatus;
  readonly #log: Logger;
  readonly #random: () => number;
  #stream: Stream | null = null;
  /** Null until the aggregator has said welcome. */
  #credits: number | null = null;
  #lastSent: BatchId | null = null;
  #retryMs: Milliseconds;
  #retry: NodeJS.Timeout | null = null;
  #stopped = false;
  #counts = { sent: 0, acknowledged: 0, reconnects: 0 };

  constructor(
    connection: Connection,
    spool: Spool,
    options: ExporterOptions,
    agentStatus: () => wire.AgentStatus,
    log: Logger,
    random: () => number = Math.random,
  ) {
    this.#connection = connection;
    this.#spool = spool;
    this.#options = options;
    this.#agentStatus = agentStatus;
    this.#log = log;
    this.#random = random;
    this.#retryMs = options.firstRetryMs;
  }

  get ledger(): ExportLedger {
    return { ...this.#counts, connected: this.#credits !== null };
  }

  start(): void {
    const stream = this.#connection.ingest.push();
    this.#stream = stream;
    stream.on('data', (response: wire.PushResponse) => this.#receive(stream, response));
    stream.on('error', (error: ServiceError) => {
      // Batches are read in order: the first that is not acknowledged is the one that could not be read. Sending it
      // again would hold up all others for ever.
      if (stream === this.#stream && this.#credits !== null && error.code === status.INVALID_ARGUMENT)
        this.#reject(error);
      this.#broken(stream, messageOf(error));
    });
    stream.on('end', () => this.#broken(stream, 'the aggregator ended the stream'));
    const { cluster, node, version } = this.#options;
    const oldest = this.#spool.pending[0] ?? null;
    stream.write({
      frame: 'hello',
      hello: { cluster, node, agentVersion: version, oldest, status: this.#agentStatus() },
    });
  }

  /** Stops sending; batches that are not acknowledged stay in the spool. */
  stop(): void {
    this.#stopped = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#credits = null;
    this.#stream?.cancel();
    this.#stream = null;
  }

  /** Sends what the spool holds and the credits allow; called after every new batch. */
  pump(): void {
    if (this.#stream === null || this.#credits === null) return;
    while (this.#credits > 0) {
      const batch = this.#spool.next(this.#lastSent);
      if (batch === null) return;
      this.#stream.write({ frame: 'batch', batch: batchMessage(batch.bytes) });
      this.#lastSent = batch.id;
      this.#credits--;
      this.#counts.sent++;
    }
  }

  #receive(stream: Stream, response: wire.PushResponse): void {
    if (stream !== this.#stream) return;
    if (response.frame === 'welcome') {
      this.#credits = response.welcome.credits;
      this.#retryMs = this.#options.firstRetryMs;
      this.#log.info({ committed: response.welcome.committed }, 'connected to the aggregator');
      this.#lastSent = null;
      if (response.welcome.committed !== null) this.#committed(response.welcome.committed);
    } else if (response.ack.committed !== null) {
      const { committed } = response.ack;
      this.#credits = (this.#credits ?? 0) + this.#committed(committed);
    }
    this.pump();
  }

  #reject(error: ServiceError): void {
    const batch = this.#spool.rejectOldest();
    this.#log.error({ batch, reason: error.details }, 'the aggregator cannot read a batch, dropped it');
  }

  #committed(through: BatchId): number {
    const count = this.#spool.acknowledge(through);
    this.#counts.acknowledged += count;
    if (this.#lastSent === null || compareBatchIds(this.#lastSent, through) < 0) this.#lastSent = through;
    return count;
  }

  #broken(stream: Stream, reason: string): void {
    if (stream !== this.#stream || this.#stopped) return;
    this.#stream = null;
    this.#credits = null;
    const waitMs = this.#retryMs * (0.5 + this.#random() / 2);
    this.#retryMs = Math.min(this.#retryMs * 2, this.#options.longestRetryMs);
    this.#log.warn({ reason, retryInMs: Math.round(waitMs), pending: this.#spool.pending.length }, 'aggregator lost');
    this.#retry = setTimeout(() => {
      this.#counts.reconnects++;
      this.start();
    }, waitMs);
  }
}
