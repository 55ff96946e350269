import { rmSync } from 'node:fs';
import { Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { Batch, FlowRecord } from '../../core/flow.ts';
import { decodeBatch } from '../../proto/convert-batch.ts';
import { addIngestService } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';

type Stream = ServerDuplexStream<wire.PushRequest, wire.PushResponse>;

const patienceMs = 10_000;

/** An ingest service over real gRPC that keeps what it is sent and acknowledges as it is told to. */
export class IngestDouble {
  readonly hellos: wire.Hello[] = [];
  readonly batches: Batch[] = [];
  readonly statuses: wire.AgentStatus[] = [];
  /** When false, batches are kept but not acknowledged. */
  acknowledging = true;
  committed: wire.BatchId | null = null;
  /** The stream ends when a batch of this sequence comes, as if it could not be read. */
  unreadable: number | null = null;
  credits = 8;
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
    stream.on('data', (request: wire.PushRequest) => {
      if (request.frame === 'hello') {
        this.hellos.push(request.hello);
        stream.write({ frame: 'welcome', welcome: { committed: this.committed, credits: this.credits } });
      } else {
        this.#take(stream, request.batch);
      }
      for (const wake of this.#waiting.splice(0)) wake();
    });
    stream.on('error', () => this.#streams.delete(stream));
    stream.on('end', () => stream.end());
  }

  #take(stream: Stream, message: wire.Batch): void {
    const decoded = decodeBatch(message);
    if (!decoded.ok) throw new Error(decoded.message);
    this.batches.push(decoded.batch);
    if (decoded.batch.sequence === this.unreadable) {
      this.batches.pop();
      stream.emit('error', { code: status.INVALID_ARGUMENT, details: 'not readable' });
      return;
    }
    if (decoded.status !== null) this.statuses.push(decoded.status);
    if (!this.acknowledging) return;
    this.committed = message.id;
    stream.write({ frame: 'ack', ack: { committed: message.id } });
  }

  get records(): FlowRecord[] {
    return this.batches.flatMap(({ records }) => records);
  }

  /** Waits until a condition holds, looking again at every frame. @throws Error after ten seconds */
  async until(holds: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!holds()) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`waited too long until ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
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
