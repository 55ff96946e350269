import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
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

/** Takes what is to be done in the end. */
type Later = (remove: () => Promise<void>) => void;

/** Where a server listens: on an address in a network namespace, below /run/netns; null for that of the caller. */
export interface PostgresPlace {
  readonly netns: string | null;
  readonly address: string;
  readonly port: number;
}

/** A PostgreSQL server for tests and benches: on a port of its own, with its files in a folder of its own. */
export class PostgresServer {
  readonly #folder: string;
  readonly #at: PostgresPlace;
  #process: ChildProcess | null = null;
  #schemas = 0;

  /** Starts one. @param later is given what ends it and removes its files. @param at a free port of this machine's own */
  static async start(later: Later, at?: PostgresPlace): Promise<PostgresServer> {
    const server = await PostgresServer.#make(later, at);
    server.#run('initdb', ['--no-sync', '--auth=trust', '--encoding=UTF8', '--locale=C', '-D', server.#data]);
    if (at !== undefined) appendFileSync(`${server.#data}/pg_hba.conf`, 'host all all all trust\n');
    await server.run();
    return server;
  }

  static async #make(later: Later, at?: PostgresPlace): Promise<PostgresServer> {
    const place = at ?? { netns: null, address: '127.0.0.1', port: await freePort() };
    const server = new PostgresServer(mkdtempSync(join(tmpdir(), 'weir-postgres-')), place);
    later(() => server.#remove());
    execFileSync('chown', ['postgres:postgres', server.#folder]);
    return server;
  }

  /** Starts a standby that this server waits for with every commit from then on. @param later as for start */
  async synchronousStandby(later: Later): Promise<PostgresServer> {
    const standby = await PostgresServer.#make(later);
    const from = ['-h', this.#folder, '-p', String(this.#at.port), '-U', 'postgres'];
    standby.#run('pg_basebackup', [...from, '-D', standby.#data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync']);
    await standby.run();
    this.query("ALTER SYSTEM SET synchronous_standby_names = '*'");
    this.query('SELECT pg_reload_conf()');
    while (this.query("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") !== '1') await sleep(50);
    return standby;
  }

  /** Makes a standby the server that is written. */
  promote(): void {
    this.query('ALTER SYSTEM RESET synchronous_standby_names');
    this.query('SELECT pg_promote(true)');
  }

  /** @returns what psql prints */
  query(sql: string): string {
    const to = ['-h', this.#folder, '-p', String(this.#at.port), '-U', 'postgres'];
    return this.#run('psql', ['-qAt', ...to, '-c', sql, 'postgres']).trim();
  }

  private constructor(folder: string, at: PostgresPlace) {
    this.#folder = folder;
    this.#at = at;
  }

  get #data(): string {
    return `${this.#folder}/data`;
  }

  #run(program: string, argv: readonly string[]): string {
    const whole = [...asPostgres, `${postgresBinDir()}/${program}`, ...argv];
    return execFileSync('setpriv', whole, { stdio: 'pipe', cwd: '/', encoding: 'utf8' });
  }

  /** Starts the server, and waits until it answers. */
  async run(): Promise<void> {
    const settings = [
      `port=${this.#at.port}`,
      `listen_addresses=${this.#at.address}`,
      `unix_socket_directories=${this.#folder}`,
      // Instead of every file by itself, which takes many seconds after a crash.
      'recovery_init_sync_method=syncfs',
    ];
    const argv = [`${postgresBinDir()}/postgres`, '-D', this.#data, ...settings.flatMap((each) => ['-c', each])];
    const { netns } = this.#at;
    const [program = '', ...rest] = [
      ...(netns === null ? [] : ['nsenter', `--net=/run/netns/${netns}`]),
      'setpriv',
      ...asPostgres,
      ...argv,
    ];
    const child = spawn(program, rest, { stdio: 'ignore', cwd: '/', detached: true });
    this.#process = child;
    const endMs = performance.now() + readyWithinMs;
    for (;;) {
      try {
        this.#run('pg_isready', ['-q', '-h', this.#folder, '-p', String(this.#at.port)]);
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
    this.query(`CREATE SCHEMA ${name}`);
    return `${this.urlOf('postgres')}?options=-c%20search_path%3D${name}`;
  }

  urlOf(database: string): string {
    return `postgres://postgres@${this.host}/${database}`;
  }

  /** As in a URL. */
  get host(): string {
    return `${this.#at.address}:${this.#at.port}`;
  }

  async #remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
