import { connect as connectSocket } from 'node:net';
import { chmodSync, existsSync, mkdirSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { experimental, Server, ServerCredentials, type ServerInterceptor } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { messageOf, WeirError } from '../../core/errors.ts';
import { packageDefinition } from '../../proto/load.ts';
import { addIngestService, type IngestHandlers, maxRequestBytes } from '../../proto/services.ts';
import { addService, type ServiceParts } from './grpc-service.ts';
import { markLocal } from '../access/local-calls.ts';
import { type ApiHandlers, apiKeys } from './handlers.ts';

/** How callers at addresses of the network are spoken to; at sockets of this machine's file system text is plain. */
export interface GrpcTransport {
  readonly credentials: ServerCredentials;
  /** What stands before the handlers. */
  readonly gates: readonly ServerInterceptor[];
}

export const plainTransport: GrpcTransport = { credentials: ServerCredentials.createInsecure(), gates: [] };

/** Who may open a socket is for the file system to say. */
const socketTransport: GrpcTransport = { ...plainTransport, gates: [markLocal] };

/** How long calls may take to end by themselves. */
const closePatienceMs = 1_000;

/** The gRPC server with its services, reflection and health (https://grpc.io/docs/guides/health-checking/). */
export class GrpcServer {
  readonly #server: Server;
  readonly #health: HealthImplementation;

  constructor(ingest: IngestHandlers, handlers: ApiHandlers, parts: ServiceParts) {
    this.#server = new Server({
      'grpc.max_receive_message_length': maxRequestBytes,
      // An agent whose machine has vanished is noticed, and its stream ended.
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
    });
    addIngestService(this.#server, ingest);
    for (const key of apiKeys) addService(this.#server, key, handlers[key], parts);
    this.#health = new HealthImplementation({ '': 'SERVING' });
    this.#health.addToServer(this.#server);
    new ReflectionService(packageDefinition).addToServer(this.#server);
  }

  /**
   * Listens on one more address: `host:port`, or `unix:/path`.
   * @returns the address with the port that was chosen for port 0. @throws WeirError LISTEN
   */
  async listen(address: string, transport: GrpcTransport): Promise<string> {
    const { credentials, gates } = address.startsWith('unix:') ? socketTransport : transport;
    const guarded =
      gates.length === 0 ? credentials : experimental.createServerCredentialsWithInterceptors(credentials, [...gates]);
    try {
      if (address.startsWith('unix:')) await clearSocket(address.slice('unix:'.length));
      const port = await new Promise<number>((resolve, reject) => {
        this.#server.bindAsync(address, guarded, (error, bound) => {
          if (error) reject(error);
          else resolve(bound);
        });
      });
      if (address.startsWith('unix:')) chmodSync(address.slice('unix:'.length), 0o600);
      return address.startsWith('unix:') ? address : `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
    } catch (error) {
      throw new WeirError('LISTEN', `${address}: ${messageOf(error)}; choose another with --listen`, { cause: error });
    }
  }

  /** Says that it is about to stop, so that callers look elsewhere. */
  announceStop(): void {
    this.#health.setStatus('', 'NOT_SERVING');
  }

  /** Takes no more calls, lets those under way end for a moment, then ends them and closes every address. */
  async close(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    const patience = setTimeout(() => this.#server.forceShutdown(), closePatienceMs);
    await ended;
    clearTimeout(patience);
  }
}

/** Makes way for a socket: its folder is made, and the file that a killed process left is removed. */
async function clearSocket(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) return;
  if (await answers(path)) throw new Error('another process listens there');
  unlinkSync(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      else reject(error);
    });
  });
}
