import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { WeirError } from '../../core/errors.ts';
import type { LabPod } from '../cluster.ts';
import { mustRun } from '../command.ts';
import type { PodProgram, ProgramContext } from './program.ts';

const root = '/usr/lib/postgresql';

/** The programs of the newest PostgreSQL installed. @throws LAB when there is none */
export function postgresBinDir(): string {
  const versions = existsSync(root) ? readdirSync(root).filter((name) => /^\d+$/.test(name)) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new WeirError('LAB', `no PostgreSQL below ${root}; apt-get install postgresql`);
  return `${root}/${newest}/bin`;
}

/** PostgreSQL refuses to run as root. */
const asPostgres = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'];

/** Makes the database cluster of a pod. Nothing in it has to outlive the machine, so nothing is synced. */
export async function initPostgres(pod: LabPod): Promise<void> {
  const data = `${pod.dir}/data`;
  await mkdir(pod.dir, { recursive: true });
  await mustRun(['install', '-d', '-o', 'postgres', '-g', 'postgres', '-m', '700', data, `${pod.dir}/run`]);
  const options = ['--no-sync', '--auth=trust', '--encoding=UTF8', '--locale=C', '--username=postgres'];
  await mustRun([...asPostgres, `${postgresBinDir()}/initdb`, ...options, '-D', data]);
  await writeFile(`${data}/pg_hba.conf`, 'local all all trust\nhost all all 0.0.0.0/0 trust\n');
}

export function postgresProgram({ pod }: ProgramContext): PodProgram {
  const settings = {
    listen_addresses: '*',
    unix_socket_directories: `${pod.dir}/run`,
    fsync: 'off',
    shared_buffers: '16MB',
    max_connections: '40',
    autovacuum: 'off',
    log_min_messages: 'warning',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return { argv: [...asPostgres, `${postgresBinDir()}/postgres`, '-D', `${pod.dir}/data`, ...flags], files: {} };
}
