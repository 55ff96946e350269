import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Result, Run } from './bench.ts';
import { differentWindows, firstAgeMs, windowMs } from './cluster-flows.ts';
import { BenchAgents } from './ingest-agents.ts';
import { BenchAggregator } from './ingest-aggregator.ts';
import { median, quantile, rounded } from './statistics.ts';

const streams = 5_000;
/** 5,000 workloads with 360,000 edges: twice as many as are active in the load model. */
const cluster = { pods: 150_000, nodes: streams, replicas: 30, namespaces: 300 };
const loadProcesses = 2;

interface AgentsRound {
  readonly rowsPerS: number;
  readonly cpuCores: number;
  readonly rssMb: number;
  readonly lost: number;
  readonly ackP99Ms: number;
  readonly edges: number;
}

async function measureRound(run: Run): Promise<AgentsRound> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  run.undo.later(() => rmSync(folder, { recursive: true, force: true }));
  const paced = Math.max(1, Math.round((1000 * run.seconds) / windowMs));
  const load = { cluster, ahead: differentWindows, epoch: Date.now() - firstAgeMs };
  run.progress(`encoding the dictionaries of ${streams} nodes`);
  const agents = await BenchAgents.start(run, loadProcesses, streams, load);
  run.progress('starting the aggregator');
  const aggregator = await BenchAggregator.start(run, join(folder, 'weir.db'), cluster);
  await agents.connect(aggregator.listening.address);
  run.progress('sending the dictionaries');
  // As after a restart, when agents come back over a minute.
  const first = await agents.send(differentWindows, 60_000 / differentWindows);
  const beforeCpu = await aggregator.cpuSeconds();
  run.progress(`sending ${paced} windows at their pace`);
  const beganMs = performance.now();
  const sent = await agents.send(paced, windowMs);
  const seconds = (performance.now() - beganMs) / 1000;
  const after = await aggregator.usage();
  const told = await aggregator.metric('weir_bytes_total');
  const edges = await aggregator.metric('weir_graph_edges');
  const missing = first.bytes + sent.bytes - told;
  const rows = first.rows + sent.rows;
  await agents.stop();
  await aggregator.stop();
  return {
    rowsPerS: sent.rows / seconds,
    cpuCores: (after.cpuSeconds - beforeCpu) / seconds,
    rssMb: after.rssMb,
    // Every row is acknowledged by now; what is missing in the sums is told in rows of their mean, and at least one.
    lost: missing === 0 ? 0 : Math.ceil((Math.abs(missing) * rows) / (first.bytes + sent.bytes)),
    ackP99Ms: quantile(sent.latenciesMs, 0.99),
    edges,
  };
}

async function measure(run: Run): Promise<Result> {
  const rounds: AgentsRound[] = [];
  for (let round = 0; round < run.rounds; round++) {
    rounds.push(await measureRound(run));
    await run.undo.now();
  }
  const each = (name: keyof AgentsRound) => rounds.map((one) => one[name]);
  return {
    json: {
      streams,
      rows_s: rounded(median(each('rowsPerS')), 0),
      cpu_cores: rounded(median(each('cpuCores')), 3),
      rss_mb: rounded(median(each('rssMb')), 1),
      lost: Math.max(...each('lost')),
    },
    figures: [
      { label: `rows a second of ${streams} streams`, unit: '', perRound: each('rowsPerS') },
      { label: 'CPU of the aggregator', unit: 'cores', perRound: each('cpuCores'), bar: { atMost: 1 } },
      { label: 'memory of the aggregator', unit: 'MB', perRound: each('rssMb'), bar: { atMost: 1_500 } },
      { label: 'edges of the graph', unit: '', perRound: each('edges') },
      { label: 'rows lost', unit: '', perRound: each('lost'), bar: { atMost: 0 } },
      { label: 'acknowledged, p99', unit: 'ms', perRound: each('ackP99Ms'), bar: { atMost: 1_000 } },
    ],
  };
}

/**
 * The aggregator under the agents of 5,000 nodes with 150,000 pods: a stream and a TCP connection each, from two
 * processes, 400 rows every 15 s. First all tell their dictionaries within a minute; what is measured are the seconds
 * after that. `cpu_cores` is all CPU time of its process by that time, `rss_mb` its resident memory at the end, with
 * the index of the cluster in it. `lost`: the generator's sum of bytes against what the aggregator's metrics tell.
 */
export const agents: Bench = {
  name: 'agents',
  sentence: 'What the aggregator takes with 5,000 agents that stream at the pace of the load model.',
  rounds: 1,
  seconds: 60,
  run: measure,
};
