import { dnsmasqProgram } from './dnsmasq.ts';
import { nginxProgram } from './nginx.ts';
import { initPostgres, postgresProgram } from './postgres.ts';
import type { PodProgram, ProgramContext } from './program.ts';
import { redisProgram } from './redis.ts';
import { serviceProgram } from './service.ts';

/** The processes of a pod: its main program, and the lab's own client beside one that calls nobody itself. */
export async function programsOf(context: ProgramContext): Promise<PodProgram[]> {
  const { program, calls } = context.pod.workload;
  switch (program.type) {
    case 'service':
      return [serviceProgram(context)];
    case 'nginx':
      return [nginxProgram(context)];
    case 'dnsmasq':
      return [dnsmasqProgram(context)];
    case 'redis':
      return [redisProgram(context, program.replicaOf), ...(calls.length > 0 ? [serviceProgram(context)] : [])];
    case 'postgres':
      await initPostgres(context.pod);
      return [postgresProgram(context)];
  }
}
