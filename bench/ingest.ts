import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from '../lab/programs/postgres-server.ts';
import type { Bench, Figure, Result, Run } from './bench.ts';
import { differentWindows, firstAgeMs, rowsPerWindow, windowMs } from './cluster-flows.ts';
import { BenchAgents } from './ingest-agents.ts';
import { BenchAggregator } from './ingest-aggregator.ts';
import { median, quantile, rounded } from './statistics.ts';

const streams = 500;
const cluster = { pods: 15_000, nodes: streams, replicas: 3, namespaces: 100 };
/** The first ones tell the dictionaries, the next ones come at the load model's pace, the rest as fast as they are taken. */
const [pacedWindows, fastWindows] = [3, 48];
/** How long it takes until all have told one window of them: agents come back over a minute, not at once. */
const dictionaryMs = 20_000;
/** 5,000 nodes send their windows in the time of one. */
const pacedMs = (windowMs * streams) / 5_000;

interface IngestRound {
  readonly rowsPerCpuS: number;
  readonly bytesPerEdge: number;
  readonly ackP99Ms: number;
  readonly edges: number;
  readonly dictionaryRowsPerCpuS: number;
}

/** @throws Error when the aggregator does not tell what was sent: then no figure is worth anything */
async function measureRound(run: Run, database: string): Promise<IngestRound> {
  const epoch = Date.now() - firstAgeMs;
  const windows = differentWindows + pacedWindows + fastWindows;
  const [aggregator, agents] = await Promise.all([
    BenchAggregator.start(run, database, cluster),
    BenchAgents.start(run, 1, streams, { cluster, ahead: windows, epoch }),
  ]);
  const empty = await aggregator.usage();
  await agents.connect(aggregator.listening.address);
  const first = await agents.send(differentWindows, dictionaryMs);
  const toldCpu = await aggregator.cpuSeconds();
  const paced = await agents.send(pacedWindows, pacedMs);
  const beforeCpu = await aggregator.cpuSeconds();
  const fast = await agents.send(fastWindows, 0);
  const after = await aggregator.usage();
  const edges = await aggregator.metric('weir_graph_edges');
  const bytes = await aggregator.metric('weir_bytes_total');
  const sentBytes = first.bytes + paced.bytes + fast.bytes;
  if (bytes !== sentBytes) throw new Error(`the aggregator tells of ${bytes} bytes, ${sentBytes} were sent`);
  await agents.stop();
  await aggregator.stop();
  return {
    rowsPerCpuS: fast.rows / (after.cpuSeconds - beforeCpu),
    bytesPerEdge: ((after.rssMb - empty.rssMb) * 1e6) / edges,
    ackP99Ms: quantile(paced.latenciesMs, 0.99),
    edges,
    dictionaryRowsPerCpuS: first.rows / (toldCpu - empty.cpuSeconds),
  };
}

const places = ['sqlite', 'postgres'] as const;
type Place = (typeof places)[number];

async function measure(run: Run): Promise<Result> {
  const rounds: Record<Place, IngestRound[]> = { sqlite: [], postgres: [] };
  const server = await PostgresServer.start((remove) => run.undo.later(remove));
  for (let round = 1; round <= run.rounds; round++) {
    for (const place of places) {
      const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
      run.undo.later(() => rmSync(folder, { recursive: true, force: true }));
      run.progress(`${streams} streams of ${rowsPerWindow} rows to ${place}, round ${round} of ${run.rounds}`);
      rounds[place].push(await measureRound(run, place === 'sqlite' ? join(folder, 'weir.db') : server.newDatabase()));
    }
  }
  const jsonOf = (place: Place) => {
    const each = (name: keyof IngestRound) => median(rounds[place].map((one) => one[name]));
    return {
      rows_per_cpu_s: rounded(each('rowsPerCpuS'), 0),
      bytes_per_edge: rounded(each('bytesPerEdge'), 0),
      ack_p99_ms: rounded(each('ackP99Ms'), 1),
    };
  };
  const figuresOf = (place: Place): Figure[] => {
    const each = (name: keyof IngestRound) => rounds[place].map((one) => one[name]);
    const bar = { atLeast: place === 'sqlite' ? 1_000_000 : 500_000 };
    return [
      { label: `${place}: rows a second of CPU time`, unit: '', perRound: each('rowsPerCpuS'), bar },
      { label: `${place}: memory an edge`, unit: 'bytes', perRound: each('bytesPerEdge'), bar: { atMost: 2_500 } },
      { label: `${place}: acknowledged, p99`, unit: 'ms', perRound: each('ackP99Ms'), bar: { atMost: 1_000 } },
      { label: `${place}: edges`, unit: '', perRound: each('edges') },
      { label: `${place}: rows of first batches a second`, unit: '', perRound: each('dictionaryRowsPerCpuS') },
    ];
  };
  return {
    json: { ...jsonOf('sqlite'), postgres: jsonOf('postgres') },
    figures: places.flatMap(figuresOf),
  };
}

/**
 * The aggregator's way in, from gRPC over loopback to rows that are durable (SQLite, synchronous FULL; PostgreSQL with
 * its own settings). The aggregator is a process of its own and only its CPU time counts: all threads, in user space
 * and in the kernel; a database server is another process and does not. 500 nodes of 30 pods each send 400 rows a
 * window on a stream and a connection each: two windows with their dictionaries, three at the pace of 5,000 nodes, for
 * `ack_p99_ms`, and 48 as fast as they are taken, for `rows_per_cpu_s`. `bytes_per_edge`: by how much the resident
 * memory grew from before the first stream to the end, by the edges of the graph.
 */
export const ingest: Bench = {
  name: 'ingest',
  sentence: 'How many rows the aggregator takes in for a second of CPU time, and what an edge takes of its memory.',
  rounds: 3,
  seconds: 1,
  run: measure,
};
