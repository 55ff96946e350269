import { fileURLToPath } from 'node:url';
import { callConfig } from '../call-target.ts';
import type { ListenConfig, ServiceConfig } from '../servers/config.ts';
import type { PortSpec } from '../workload-spec.ts';
import { postgresBinDir } from './postgres.ts';
import type { PodProgram, ProgramContext } from './program.ts';

/** The lab's own programs, beside this file once it is compiled. */
export function ownProgram(name: 'service' | 'probe'): string[] {
  return [
    process.execPath,
    '--max-semi-space-size=1',
    fileURLToPath(new URL(`../servers/${name}.js`, import.meta.url)),
  ];
}

function listenConfig({ protocol, port, name }: PortSpec): ListenConfig {
  const kind = protocol === 'TCP' ? 'http' : name === 'statsd' ? 'statsd' : 'quote';
  return { kind, address: '0.0.0.0', port };
}

/** The lab's own server and client. Beside another main program it is the client alone. */
export function serviceProgram({ pod, trafficFile }: ProgramContext): PodProgram {
  const { ports, calls, program } = pod.workload;
  const config: ServiceConfig = {
    listen: program.type === 'service' ? ports.map(listenConfig) : [],
    calls: calls.map((call) => callConfig(call, pod.namespace)),
    trafficFile,
    statsFile: statsFileOf(pod.dir),
    psqlDir: postgresBinDir(),
  };
  return {
    argv: [...ownProgram('service'), `${pod.dir}/service.json`],
    files: { 'service.json': JSON.stringify(config, null, 2) },
  };
}

/** Where a pod's statsd receiver leaves its counters. */
export function statsFileOf(podDir: string): string {
  return `${podDir}/stats.json`;
}
