import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import { Backoff } from '../../../core/backoff.ts';
import { messageOf } from '../../../core/errors.ts';
import type { Milliseconds } from '../../../core/time.ts';
import type { LinkClaim } from '../claim.ts';
import { complaintOf } from '../complaint.ts';
import type { SourceState } from '../sandboxes/sandbox.ts';
import { JsonStream } from './json-stream.ts';
import { claimOfRow, interfaceColumns } from './ovsdb-rows.ts';

export interface OvsdbOptions {
  /** The server's unix socket. */
  readonly path: string;
  /** A server that says nothing for so long is asked, and after as long again given up. */
  readonly silenceMs: Milliseconds;
  readonly firstRetryMs: Milliseconds;
  readonly longestRetryMs: Milliseconds;
}

/** The first answer holds all rows: some hundred bytes for each. */
const maxMessageBytes = 32 << 20;
const maxRows = 65_536;
const monitorId = 'weir';

const message = z.object({
  id: z.unknown(),
  method: z.string().optional(),
  params: z.array(z.unknown()).optional(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
});

const tableUpdates = z.object({
  Interface: z.record(z.string(), z.object({ new: z.unknown().optional() })).optional(),
});

/** Follows OVSDB's table Interface over JSON-RPC (RFC 7047): a monitor tells every row once, then each change. */
export class Ovsdb {
  readonly #options: OvsdbOptions;
  readonly #onChange: () => void;
  readonly #rows = new Map<string, LinkClaim>();
  #socket: Socket | null = null;
  #stream = new JsonStream(maxMessageBytes);
  #retry: NodeJS.Timeout | null = null;
  readonly #backoff: Backoff;
  #asked = false;
  #badRows = 0;
  #breaks = 0;
  #state: SourceState = { name: 'ovsdb', state: 'off', detail: 'not connected yet' };

  constructor(options: OvsdbOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
    this.#backoff = new Backoff(options.firstRetryMs, options.longestRetryMs, Math.random);
    this.#connect();
  }

  get state(): SourceState {
    return this.#state;
  }

  claims(): readonly LinkClaim[] {
    return [...this.#rows.values()];
  }

  close(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#socket?.destroy();
    this.#socket = this.#retry = null;
  }

  #connect(): void {
    this.#stream = new JsonStream(maxMessageBytes);
    this.#asked = false;
    const socket = connect(this.#options.path);
    this.#socket = socket;
    socket.setTimeout(this.#options.silenceMs);
    socket.on('connect', () => {
      const tables = { Interface: { columns: interfaceColumns } };
      this.#send({ method: 'monitor', params: ['Open_vSwitch', monitorId, tables], id: monitorId });
    });
    socket.on('data', (chunk: Buffer) => this.#guard(socket, () => this.#read(chunk)));
    socket.on('timeout', () => this.#onSilence(socket));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#broken(socket, explain(error, this.#options.path)));
    socket.on('close', () => this.#broken(socket, 'the server closed the connection'));
  }

  #send(request: object): void {
    this.#socket?.write(JSON.stringify(request));
  }

  #guard(socket: Socket, read: () => void): void {
    try {
      if (socket === this.#socket) read();
    } catch (error) {
      this.#broken(socket, `the server does not speak OVSDB: ${complaintOf(error)}`);
    }
  }

  #read(chunk: Buffer): void {
    this.#asked = false;
    for (const object of this.#stream.add(chunk)) {
      const { id, method, params, result, error } = message.parse(object);
      if (method === 'echo') this.#send({ id, result: params ?? [], error: null });
      else if (method === 'update' && params?.[0] === monitorId) this.#update(params[1]);
      else if (id === monitorId && method === undefined) this.#begin(result, error);
    }
  }

  #begin(result: unknown, error: unknown): void {
    if (error !== undefined && error !== null) throw new Error(`monitor was refused: ${JSON.stringify(error)}`);
    this.#rows.clear();
    this.#backoff.reset();
    this.#update(result);
  }

  #update(updates: unknown): void {
    for (const [uuid, { new: row }] of Object.entries(tableUpdates.parse(updates).Interface ?? {})) {
      this.#rows.delete(uuid);
      if (row !== undefined && row !== null) this.#keep(uuid, row);
    }
    const bad = this.#badRows > 0 ? `, ${this.#badRows} rows could not be read` : '';
    this.#state = { name: 'ovsdb', state: 'ok', detail: `${this.#rows.size} interfaces of pods${bad}` };
    this.#onChange();
  }

  #keep(uuid: string, row: unknown): void {
    if (this.#rows.size >= maxRows) throw new Error(`it has more than ${maxRows} interfaces`);
    try {
      const claim = claimOfRow(row);
      if (claim !== null) this.#rows.set(uuid, claim);
    } catch {
      this.#badRows++;
    }
  }

  #onSilence(socket: Socket): void {
    if (this.#asked || this.#state.state !== 'ok') {
      this.#broken(socket, 'the server does not answer');
      return;
    }
    this.#asked = true;
    this.#send({ method: 'echo', params: [], id: 'echo' });
  }

  /** What it said last may be wrong by now: an interface's name can be another pod's. */
  #broken(socket: Socket, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    socket.destroy();
    this.#breaks++;
    this.#rows.clear();
    this.#state = { name: 'ovsdb', state: 'failing', detail: `${reason} (${this.#breaks} times)` };
    this.#onChange();
    this.#retry = setTimeout(() => this.#connect(), this.#backoff.next());
  }
}

function explain(error: NodeJS.ErrnoException, path: string): string {
  if (error.code === 'ENOENT') return `${path} is not there: mount it, or name it with --ovsdb`;
  if (error.code === 'EACCES') return `${path} belongs to another user: let root connect to it`;
  return messageOf(error);
}
