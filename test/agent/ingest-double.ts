import { rmSync } from 'node:fs';
import { Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { Batch, FlowRecord } from '../../core/flow.ts';
import { BatchReader } from '../../proto/decode-batch.ts';
import { commonVersion, defaultLimits } from '../../proto/limits.ts';
import { addIngestService } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { batchOfColumns } from '../proto/columns.ts';

type Stream = ServerDuplexStream<wire.PushRequest, wire.PushResponse>;

const patienceMs = 10_000;
/** What an agent makes of an answer is not told here. */
const lookMs = 20;

function welcomeOf({ versions }: wire.Hello): Omit<wire.Welcome, 'committed' | 'credits'> {
  return { version: commonVersion(versions) ?? 0, limits: null };
}

/** An ingest service over real gRPC that keeps what it is sent and acknowledges as it is told to. */
export class IngestDouble {
  readonly hellos: wire.Hello[] = [];
  readonly batches: Batch[] = [];
  /** As they came, and the first sequence that each stands for. */
  readonly frames: wire.Batch[] = [];
  readonly firstSequences: number[] = [];
  readonly statuses: wire.AgentStatus[] = [];
  /** When false, batches are kept but not acknowledged. */
  acknowledging = true;
  committed: wire.BatchId | null = null;
  /** The stream ends when a batch of this sequence comes, as if it could not be read. */
  unreadable: number | null = null;
  credits = 8;
  maxDictionaryEntries = defaultLimits.maxDictionaryEntries;
  /** What welcome and acknowledgements say otherwise. */
  welcome: Partial<wire.Welcome> = {};
  ack: Partial<wire.Ack> = {};
  /** Something else to be said when a batch came. */
  answerTo: ((batch: Batch) => wire.PushResponse | undefined) | null = null;
  #server = new Server();
  #streams = new Set<Stream>();
  #waiting: (() => void)[] = [];

  async listen(address: string): Promise<void> {
    // A server that was killed leaves its socket's file behind.
    if (address.startsWith('unix:')) rmSync(address.slice('unix:'.length), { force: true });
    this.#server = new Server();
    addIngestService(this.#server, { push: (stream) => this.#push(stream) });
    await new Promise<void>((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  #push(stream: Stream): void {
    this.#streams.add(stream);
    const reader = new BatchReader({ ...defaultLimits, maxDictionaryEntries: this.maxDictionaryEntries });
    stream.on('data', (request: wire.PushRequest) => {
      if (request.frame === 'hello') {
        this.hellos.push(request.hello);
        if (request.hello.status !== null) this.statuses.push(request.hello.status);
        const { committed, credits } = this;
        stream.write({
          frame: 'welcome',
          welcome: { ...welcomeOf(request.hello), committed, credits, ...this.welcome },
        });
      } else {
        this.#take(stream, reader, request.batch);
      }
      for (const wake of this.#waiting.splice(0)) wake();
    });
    stream.on('error', () => this.#streams.delete(stream));
    stream.on('end', () => stream.end());
  }

  #take(stream: Stream, reader: BatchReader, frame: wire.Batch): void {
    const read = reader.read(frame);
    if (read.type !== 'read') throw new Error(read.message);
    const batch = batchOfColumns(read.batch);
    const { epoch, sequence } = batch;
    if (sequence === this.unreadable) {
      stream.emit('error', { code: status.INVALID_ARGUMENT, details: 'not readable' });
      return;
    }
    this.frames.push(frame);
    this.batches.push(batch);
    this.firstSequences.push(read.batch.firstSequence);
    if (read.status !== null) this.statuses.push(read.status);
    const answer = this.answerTo?.(batch);
    if (answer !== undefined) stream.write(answer);
    if (!this.acknowledging) return;
    this.committed = { epoch, sequence };
    stream.write({ frame: 'ack', ack: { committed: this.committed, credits: 0, throttleMs: 0, ...this.ack } });
  }

  get records(): FlowRecord[] {
    return this.batches.flatMap(({ records }) => records);
  }

  /** Waits until a condition holds, looking again at every frame and now and then. @throws Error after ten seconds */
  async until(holds: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!holds()) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`waited too long until ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, lookMs));
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Breaks every connection at once, as a killed aggregator does. */
  kill(): void {
    this.#server.forceShutdown();
    this.#streams.clear();
  }
}
