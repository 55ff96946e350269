import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { postgresBinDir } from './postgres.ts';

/** PostgreSQL refuses to run as root. */
const asPostgres = ['--reuid=postgres', '--regid=postgres', '--clear-groups'];
const readyWithinMs = 30_000;

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A PostgreSQL server for tests and benches: on a port of its own, with its files in a folder of its own. */
export class PostgresServer {
  readonly #folder: string;
  readonly #port: number;
  #process: ChildProcess | null = null;
  #schemas = 0;

  /** Starts one. @param later is given what ends it and removes its files */
  static async start(later: (remove: () => Promise<void>) => void): Promise<PostgresServer> {
    const server = new PostgresServer(mkdtempSync(join(tmpdir(), 'weir-postgres-')), await freePort());
    later(() => server.#remove());
    execFileSync('chown', ['postgres:postgres', server.#folder]);
    server.#run('initdb', ['--no-sync', '--auth=trust', '--encoding=UTF8', '--locale=C', '-D', server.#data]);
    await server.run();
    return server;
  }

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  get #data(): string {
    return `${this.#folder}/data`;
  }

  #run(program: string, argv: readonly string[]): void {
    execFileSync('setpriv', [...asPostgres, `${postgresBinDir()}/${program}`, ...argv], { stdio: 'pipe', cwd: '/' });
  }

  /** Starts the server, and waits until it answers. */
  async run(): Promise<void> {
    const settings = [
      `port=${this.#port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${this.#folder}`,
      // Instead of every file by itself, which takes many seconds after a crash.
      'recovery_init_sync_method=syncfs',
    ];
    const argv = [`${postgresBinDir()}/postgres`, '-D', this.#data, ...settings.flatMap((each) => ['-c', each])];
    const child = spawn('setpriv', [...asPostgres, ...argv], { stdio: 'ignore', cwd: '/', detached: true });
    this.#process = child;
    const endMs = performance.now() + readyWithinMs;
    for (;;) {
      try {
        this.#run('pg_isready', ['-q', '-h', this.#folder, '-p', String(this.#port)]);
        return;
      } catch (error) {
        if (performance.now() > endMs || child.exitCode !== null) throw error;
      }
      await sleep(50);
    }
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    this.#process = null;
    const ended = once(child, 'exit');
    // With its own processes: it was started as the first of a group.
    process.kill(-(child.pid as number), 'SIGKILL');
    await ended;
  }

  /** The URL of a new and empty place for tables: a schema, which is made faster than a database. */
  newDatabase(): string {
    const name = `weir_${++this.#schemas}`;
    this.#run('psql', ['-q', '-h', this.#folder, '-p', String(this.#port), '-c', `CREATE SCHEMA ${name}`, 'postgres']);
    return `${this.urlOf('postgres')}?options=-c%20search_path%3D${name}`;
  }

  urlOf(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.#port}/${database}`;
  }

  async #remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
