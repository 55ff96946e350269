import { setTimeout as sleep } from 'node:timers/promises';
import { WeirError } from '../core/errors.ts';
import { runCommand } from './command.ts';
import type { LabNode, LabPod } from './cluster.ts';
import { inPod } from './pod-environment.ts';
import { type LabProcess, logTail } from './pod-processes.ts';
import { inNetns, probeLabel, runProbes } from './probes.ts';
import { postgresBinDir } from './programs/postgres.ts';
import type { ProbeConfig } from './servers/probe-config.ts';
import type { Topology } from './workload-spec.ts';

const readyWithinMs = 30_000;

/** Something that has to answer before the lab is ready. */
export interface Server {
  readonly name: string;
  readonly probes: readonly ProbeConfig[];
  readonly processes: readonly LabProcess[];
  /** The pod, when a PostgreSQL runs in it: it takes connections before it takes queries. */
  readonly postgres: LabPod | null;
}

/** One attempt for each port that the pod declares. Statsd never answers: for it the process alone has to live. */
function podProbes({ address, workload }: LabPod): ProbeConfig[] {
  return workload.ports.flatMap(({ protocol, port, name }): ProbeConfig[] => {
    if (workload.program.type === 'dnsmasq') {
      return [{ kind: 'dns', host: address, protocol, name: 'kube-dns.kube-system.svc.cluster.local' }];
    }
    if (protocol === 'TCP') return [{ kind: 'tcp', host: address, port, source: null }];
    return name === 'statsd' ? [] : [{ kind: 'quote', host: address, port }];
  });
}

export function podServer(pod: LabPod, processes: readonly LabProcess[]): Server {
  const postgres = pod.workload.program.type === 'postgres' ? pod : null;
  return { name: `pod ${pod.namespace}/${pod.name}`, probes: podProbes(pod), processes, postgres };
}

export function outsideServer({ externals, upstreamDns }: Topology, processes: readonly LabProcess[]): Server {
  const probes = [
    ...externals.map(({ address, port }) => ({ kind: 'tcp', host: address, port, source: null }) as const),
    { kind: 'dns', host: upstreamDns.address, protocol: 'UDP', name: upstreamDns.name } as const,
  ];
  return { name: 'the outside', probes, processes, postgres: null };
}

/** Gives why it is not ready; null when it is, or when there is no process left to wait for. */
async function waitForPostgres({ postgres, processes }: Server): Promise<string | null> {
  if (postgres === null) return null;
  const endMs = performance.now() + readyWithinMs;
  const argv = inPod(postgres, [`${postgresBinDir()}/pg_isready`, '--quiet', '-h', '127.0.0.1', '-t', '1']);
  for (;;) {
    if ((await runCommand(argv, { timeoutMs: 5000 })).code === 0) return null;
    if (processes.some((each) => each.ended() !== null)) return null;
    if (performance.now() > endMs) return 'pg_isready: it takes no queries';
    await sleep(50);
  }
}

/** Waits until every server answers a node. @throws LAB with the tail of the log of one that does not */
export async function waitUntilReady(node: LabNode, servers: readonly Server[]): Promise<void> {
  const wanted = servers.flatMap((server) => server.probes.map((probe) => ({ server, probe })));
  const [results, ...databases] = await Promise.all([
    runProbes((argv) => inNetns(node.netnsPath, argv), {
      probes: wanted.map(({ probe }) => probe),
      timeoutMs: 500,
      retryMs: readyWithinMs,
    }),
    ...servers.map(async (server) => ({
      server,
      failure: await waitForPostgres(server),
    })),
  ]);
  const failures = [
    ...servers.flatMap((server) =>
      server.processes.map((each) => ({ server, failure: each.ended() && `its process ended (${each.ended()})` })),
    ),
    ...wanted.map(({ server, probe }, index) => ({
      server,
      failure: results[index] ? `${probeLabel(probe)}: ${results[index]}` : null,
    })),
    ...databases,
  ].filter(({ failure }) => failure !== null);
  const first = failures[0];
  if (first === undefined) return;
  const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : '';
  const logs = await Promise.all(first.server.processes.map(({ logFile }) => logTail(logFile)));
  throw new WeirError('LAB', `${first.server.name} is not ready: ${first.failure}${more}\n${logs.join('\n')}`);
}
