import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pino } from 'pino';
import t from 'tap';
import { PostgresStore } from '../../../aggregator/store/postgres.ts';
import { postgresBinDir } from '../../../lab/programs/postgres.ts';
import { PostgresServer } from '../../../lab/programs/postgres-server.ts';
import { blocksOf, commandsIn } from '../../docs/blocks.ts';
import { newFolder } from '../running.ts';
import { copyContract } from './contract.ts';

const server = await PostgresServer.start((remove) => t.teardown(remove));
let databases = 0;

const run = promisify(execFile);

/** Runs the command of the page that begins so. */
async function asWritten(start: string, url: string, folder: string): Promise<void> {
  const command =
    blocksOf('docs/OPERATE.md')
      .flatMap(commandsIn)
      .find((each) => each.startsWith(start)) ?? `no command ${start}`;
  const env = { ...process.env, WEIR_DATABASE: url, PATH: `${postgresBinDir()}:${process.env['PATH']}` };
  await run('sh', ['-c', command], { cwd: folder, env });
}

copyContract(t, async (t) => {
  const name = `copied_${++databases}`;
  server.query(`CREATE DATABASE ${name}`);
  const url = server.urlOf(name);
  const folder = newFolder(t);
  return {
    open: () => PostgresStore.open({ url, passwordFile: null, maxCached: 1_000, log: pino({ level: 'silent' }) }),
    backup: () => asWritten('pg_dump ', url, folder),
    restore: () => asWritten('pg_restore ', url, folder),
  };
});
