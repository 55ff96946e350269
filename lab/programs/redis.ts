import { targetHost } from '../call-target.ts';
import type { CallTarget } from '../workload-spec.ts';
import type { PodProgram, ProgramContext } from './program.ts';

const port = 6379;

/** A redis in memory only; a replica follows the Service of its primary. */
export function redisProgram({ pod }: ProgramContext, replicaOf: CallTarget | null): PodProgram {
  const lines = [
    'bind 0.0.0.0',
    `port ${port}`,
    `dir ${pod.dir}`,
    'protected-mode no',
    'appendonly no',
    'save ""',
    'repl-diskless-sync-delay 0',
    ...(replicaOf === null ? [] : [`replicaof ${targetHost(replicaOf)} ${port}`]),
  ];
  return { argv: ['redis-server', `${pod.dir}/redis.conf`], files: { 'redis.conf': `${lines.join('\n')}\n` } };
}
