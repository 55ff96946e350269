import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import pg from 'pg';
import { messageOf } from '../../core/errors.ts';
import type { Milliseconds } from '../../core/time.ts';

const connectMs: Milliseconds = 10_000;
/** A server that does not answer must not hold up everything for ever. */
const statementMs: Milliseconds = 60_000;

/** Whole numbers of 64 bits as numbers: none of ours is beyond what these hold exactly. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 ? Number : (pg.types.getTypeParser(oid, format) as unknown),
};

/** What tells that a server only repeats what another writes. */
const readOnlyCode = '25006';

/**
 * Connections to the one of several servers that can be written, as libpq has it with `target_session_attrs=read-write`:
 * a URL may name several hosts with commas. They are asked in turn, beginning with the one that was right last.
 */
export class PostgresHosts {
  /** Where the database is, without the password. */
  readonly place: string;
  readonly #pools: readonly pg.Pool[];
  #right = 0;

  /** @param passwordFile null where the URL says all. @param maxConnections to each of the servers */
  constructor(url: string, passwordFile: string | null, maxConnections: number, log: Logger) {
    const urls = urlsOf(url);
    this.place = placeOf(urls);
    this.#pools = urls.map((each) => makePool(each, passwordFile, maxConnections, log));
  }

  /** A connection to a server that can be written. @throws whatever kept the last server that was asked from it */
  async connect(): Promise<pg.PoolClient> {
    const first = this.#right;
    for (let asked = 0; ; asked++) {
      const host = (first + asked) % this.#pools.length;
      try {
        const client = await (this.#pools[host] as pg.Pool).connect();
        this.#right = host;
        return client;
      } catch (error) {
        if (asked + 1 >= this.#pools.length) throw error;
      }
    }
  }

  async end(): Promise<void> {
    for (const pool of this.#pools) await pool.end();
  }
}

/** Takes its password from where it is told besides the URL: for pg, one that a URL lacks is an empty one. */
class PasswordClient extends pg.Client {
  constructor(config: pg.ClientConfig) {
    super(config);
    Object.assign(this, { password: config.password });
  }
}

/** A password that is read anew for each connection, because it may be replaced meanwhile. */
function passwordFrom(file: string): Pick<pg.PoolConfig, 'password' | 'Client'> {
  return { password: async () => (await readFile(file, 'utf8')).trim(), Client: PasswordClient as never };
}

function makePool(url: string, passwordFile: string | null, max: number, log: Logger): pg.Pool {
  const options = {
    connectionString: url,
    ...(passwordFile === null ? {} : passwordFrom(passwordFile)),
    max,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    application_name: 'weir-aggregator',
    types,
    verify: (client: pg.ClientBase, done: (error?: Error) => void) => {
      isWritable(client).then(() => done(), done);
    },
  };
  const pool = new pg.Pool(options);
  // The next one who needs a connection hears of it if it was more than this one that ended.
  const ended = (error: Error) => log.debug({ reason: messageOf(error) }, 'a connection to PostgreSQL ended');
  pool.on('error', ended);
  pool.on('connect', (client) => client.on('error', ended));
  return pool;
}

/** @throws Error when the server cannot be written */
async function isWritable(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ transaction_read_only: string }>('SHOW transaction_read_only');
  if (rows[0]?.transaction_read_only !== 'on') return;
  throw Object.assign(new Error('the server only repeats what another writes'), { code: readOnlyCode });
}

/** A URL for each of the hosts that one names, as postgres://user@one:5432,two:5432/database. */
function urlsOf(url: string): readonly string[] {
  const parts = /^(\w+:\/\/(?:[^@/?]*@)?)([^/?]*)(.*)$/.exec(url);
  if (parts === null) return [url];
  const [, before = '', hosts = '', behind = ''] = parts;
  const [path = '', query = ''] = behind.split('?');
  // It is what is done anyway, and pg does not know it.
  const settings = query.split('&').filter((each) => each !== '' && !each.startsWith('target_session_attrs='));
  const rest = settings.length === 0 ? path : `${path}?${settings.join('&')}`;
  return hosts.split(',').map((host) => `${before}${host}${rest}`);
}

function placeOf(urls: readonly string[]): string {
  try {
    const parsed = urls.map((each) => new URL(each));
    return `PostgreSQL at ${parsed.map(({ host }) => host).join(',')}${parsed[0]?.pathname ?? ''}`;
  } catch {
    return 'PostgreSQL';
  }
}
