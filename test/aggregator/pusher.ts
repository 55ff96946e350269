import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type { Batch, FlowRecord } from '../../core/flow.ts';
import { zeroCounters } from '../../core/flow.ts';
import type { ColumnBatch } from '../../proto/column-batch.ts';
import { BatchWriter } from '../../proto/encode-batch.ts';
import { wireVersions } from '../../proto/limits.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { columnBatchOf } from '../proto/columns.ts';
import { addressOf } from './cluster-fixture.ts';

type Stream = ClientDuplexStream<wire.PushRequest, wire.PushResponse>;

/** An agent's end of a stream, for tests: every answer and the end can be waited for. */
export class Pusher {
  readonly #stream: Stream;
  readonly writer = new BatchWriter();
  readonly #answers: wire.PushResponse[] = [];
  #wake: (() => void)[] = [];
  #error: ServiceError | null = null;
  #acknowledged: wire.BatchId = { epoch: 0, sequence: 0 };

  constructor(connection: Connection, hello: Partial<wire.Hello> = {}) {
    this.#stream = connection.ingest.push();
    this.#stream.on('data', (answer: wire.PushResponse) => {
      this.#answers.push(answer);
      this.#changed();
    });
    this.#stream.on('error', (error: ServiceError) => {
      this.#error = error;
      this.#changed();
    });
    this.hello(hello);
  }

  hello(change: Partial<wire.Hello> = {}): void {
    const whole = { cluster: 'demo', node: 'n1', agentVersion: 'test', oldest: null, forgotten: null, status: null };
    this.#stream.write({ frame: 'hello', hello: { ...whole, versions: wireVersions, ...change } });
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  send(batch: Batch, change: Partial<ColumnBatch> = {}): void {
    this.sendWire(this.writer.write(columnBatchOf(batch, change), null));
  }

  sendWire(batch: wire.Batch): void {
    this.#stream.write({ frame: 'batch', batch });
  }

  /** The next answer. @throws ServiceError when the stream has ended with one */
  async answer(): Promise<wire.PushResponse> {
    while (this.#answers.length === 0) {
      if (this.#error !== null) throw this.#error;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return this.#answers.shift() as wire.PushResponse;
  }

  async welcome(): Promise<wire.Welcome> {
    const answer = await this.answer();
    if (answer.frame !== 'welcome') throw new Error(`${answer.frame} in place of welcome`);
    return answer.welcome;
  }

  async needDictionary(): Promise<wire.NeedDictionary> {
    const answer = await this.answer();
    if (answer.frame !== 'needDictionary') throw new Error(`${answer.frame} in place of needDictionary`);
    return answer.needDictionary;
  }

  /** The next acknowledgement. */
  async ack(): Promise<wire.BatchId> {
    const answer = await this.answer();
    if (answer.frame !== 'ack' || answer.ack.committed === null) throw new Error(`${answer.frame} in place of ack`);
    this.#acknowledged = answer.ack.committed;
    return answer.ack.committed;
  }

  /**
   * Waits for the acknowledgement that covers a batch: one may cover several.
   * @returns the sequences that were acknowledged meanwhile
   */
  async ackThrough(sequence: number, ofEpoch: number = epoch): Promise<number[]> {
    const acknowledged: number[] = [];
    const covers = (ack: wire.BatchId) => ack.epoch > ofEpoch || (ack.epoch === ofEpoch && ack.sequence >= sequence);
    while (!covers(this.#acknowledged)) acknowledged.push((await this.ack()).sequence);
    return acknowledged;
  }

  /** Waits for the stream to end with an error, whatever else comes before. */
  async end(): Promise<ServiceError> {
    for (;;) {
      try {
        await this.answer();
      } catch (error) {
        return error as ServiceError;
      }
    }
  }

  close(): void {
    this.#stream.cancel();
  }
}

export const epoch = 1_700_000_000_000;
export const windowMs = 5_000;

/** A connection as a client's agent reports it. */
export function call(pod: string, remote: string, port: number, change: Partial<FlowRecord> = {}): FlowRecord {
  return {
    pod: { namespace: 'shop', name: pod, uid: `uid-${pod}` },
    role: 'client',
    directionBy: 'handshake',
    remote: addressOf(remote),
    port,
    protocol: 'TCP',
    seenAs: null,
    remoteName: null,
    counters: { ...zeroCounters(), attempts: 1, established: 1, bytesToServer: 100, bytesToClient: 1_000 },
    drops: {},
    firstSeenUnixMs: epoch,
    lastSeenUnixMs: epoch,
    ...change,
  };
}

/** The batch of the window that its sequence number stands for. */
export function batchOf(sequence: number, records: readonly FlowRecord[], change: Partial<Batch> = {}): Batch {
  const startUnixMs = epoch + sequence * windowMs;
  const moved = records.map((record) => ({ ...record, firstSeenUnixMs: startUnixMs, lastSeenUnixMs: startUnixMs + 1 }));
  const window = { startUnixMs, endUnixMs: startUnixMs + windowMs };
  return { epoch, sequence, window, losses: {}, records: moved, ...change };
}
