import type { Bench, Result, Run } from './bench.ts';
import { Load, type LoadProcess } from './load.ts';
import { cpuSeconds, residentMb } from './process-usage.ts';
import { median, rounded, sum } from './statistics.ts';
import { pause } from './waiting.ts';
import { WatchedNode } from './watched-node.ts';

const pods = 200;
const connectionsPerSecond = 5000;
/** Half of the pods are clients, the others servers; each client talks to so many of them. */
const clients = pods / 2;
const serversOfClient = 8;
const port = 9000;
/** More than one window of the agent, 15 s by default. */
const warmUpSeconds = 20;
const sampleMs = 1000;
/** After the measurement the generators go on a moment, so that it never sees their end. */
const spareSeconds = 5;

interface AgentRound {
  readonly cpuCoreFraction: number;
  readonly rssMb: number;
  readonly connectionsPerSecond: number;
}

async function startLoad(run: Run, watched: WatchedNode): Promise<LoadProcess[]> {
  const load = new Load(run);
  const servers = watched.pods.slice(clients);
  await Promise.all(servers.map((pod) => load.serve(pod, `${port}-${port}`)));
  const seconds = warmUpSeconds + run.seconds + spareSeconds;
  return watched.pods.slice(0, clients).map((pod, client) => {
    const targets = Array.from({ length: serversOfClient }, (_, i) => watched.pod(clients + ((client + i) % clients)));
    const hosts = targets.map(({ address }) => address).join(',');
    return load.start(pod, ['crr', hosts, port, seconds, connectionsPerSecond / clients, 0]);
  });
}

async function measureRound(run: Run): Promise<AgentRound> {
  run.progress(`making ${pods} pods`);
  const watched = await WatchedNode.make(run, pods, clients);
  const { pid } = await watched.startAgent('15s');
  const generators = await startLoad(run, watched);
  run.progress(`warming up for ${warmUpSeconds} s`);
  await pause(warmUpSeconds * 1000, run.abort);
  run.progress(`measuring for ${run.seconds} s`);
  const started = { ms: performance.now(), cpu: cpuSeconds(pid) };
  const endMs = started.ms + run.seconds * 1000;
  let rssMb = residentMb(pid);
  while (performance.now() < endMs) {
    await pause(Math.min(sampleMs, Math.max(endMs - performance.now(), 1)), run.abort);
    rssMb = Math.max(rssMb, residentMb(pid));
  }
  const wallSeconds = (performance.now() - started.ms) / 1000;
  const cpuCoreFraction = (cpuSeconds(pid) - started.cpu) / wallSeconds;
  const reports = await Promise.all(generators.map((each) => each.report()));
  const failed = sum(reports.map((report) => report.failed));
  if (failed > 0) throw new Error(`${failed} connections failed`);
  const rate = sum(reports.map(({ connections, seconds }) => connections / seconds));
  return { cpuCoreFraction, rssMb, connectionsPerSecond: rate };
}

async function measure(run: Run): Promise<Result> {
  const rounds: AgentRound[] = [];
  for (let round = 1; round <= run.rounds; round++) {
    rounds.push(await measureRound(run));
    await run.undo.now();
  }
  const each = (name: keyof AgentRound) => rounds.map((round) => round[name]);
  return {
    json: {
      cpu_core_fraction: rounded(median(each('cpuCoreFraction')), 4),
      rss_mb: rounded(median(each('rssMb')), 1),
      connections_per_s: rounded(median(each('connectionsPerSecond')), 0),
    },
    figures: [
      { label: 'CPU of the agent', unit: 'of a core', perRound: each('cpuCoreFraction'), bar: { atMost: 0.1 } },
      { label: 'resident memory, the most', unit: 'MB', perRound: each('rssMb'), bar: { atMost: 120 } },
      { label: 'connections a second', unit: '', perRound: each('connectionsPerSecond') },
    ],
  };
}

/**
 * The agent's own process with 200 pods on its node, of which 100 open 5,000 connections a second to the others, and
 * the window that an agent has by itself (15 s). `cpu_core_fraction`: CPU time of all its threads, user space and
 * system calls, by wall time; what its BPF programs take is in the bench `capture`. `rss_mb`: the largest VmRSS, read
 * every second, in 10^6 bytes. `connections_per_s`: what the generators achieved. Seconds are the length of the
 * measurement after the warm-up.
 */
export const agent: Bench = {
  name: 'agent',
  sentence: 'CPU and memory of the agent on a node with 200 pods and 5,000 connections a second.',
  rounds: 1,
  seconds: 45,
  run: measure,
};
