import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { History } from '../aggregator/graph/history.ts';
import { readTiers, type Tier } from '../aggregator/graph/tiers.ts';
import type { Synchronous } from '../aggregator/store/sqlite-schema.ts';
import { SqliteStore } from '../aggregator/store/sqlite.ts';
import type { Store } from '../aggregator/store/store.ts';
import type { Bench, Figure, Figures, Result, Run } from './bench.ts';
import { Nodes, QueryCluster } from './query-cluster.ts';
import { median, quantile, rounded } from './statistics.ts';

const edges = 200_000;
/** Of the load model: 5,000 nodes with a batch of 400 rows every 15 s. */
const rowsPerBatch = 400;
const batchesPerTurn = 10;
const turnMs = 30;
/** Rows in each bucket of the day that has passed: all edges come by again and again. */
const rowsPerBucket = 4_000;
const dayMs = 86_400_000;
const hourMs = 3_600_000;
const spans = { hour: { lengthMs: hourMs, barMs: 100 }, day: { lengthMs: dayMs, barMs: 500 } } as const;
const questions = ['workload', 'namespace', 'top'] as const;
type Question = (typeof questions)[number];
const talkers = 100;

function tiersOf(text: string): readonly Tier[] {
  const read = readTiers(text);
  if (read.type === 'problem') throw new Error(read.problem);
  return read.tiers;
}

const tiers = tiersOf('15s=1h,1m=24h,1h=30d,1d=400d');

function open(store: Store): Promise<History> {
  return History.open({
    cluster: 'bench',
    store,
    tiers,
    tailMs: 120_000,
    keepSightingsMs: 1_200 * dayMs,
    upkeepEveryMs: 15_000,
    pollEveryMs: 1_000,
    maxEdges: 500_000,
    nodes: () => [],
    shown: (edges) => edges,
    onAdded: () => undefined,
    clock: { now: () => Date.now() },
    log: pino({ level: 'warn' }, pino.destination(2)),
  });
}

/** Commits a bucket's worth of rows for each minute of the day and each 15 s of the last hour, and rolls them up. */
async function writeDay(store: Store, cluster: QueryCluster, nodes: Nodes, run: Run): Promise<void> {
  const now = Date.now();
  let from = 0;
  let through = 0;
  for (let ageMs = dayMs; ageMs > 0; ageMs -= ageMs > hourMs ? 60_000 : 15_000) {
    run.abort.throwIfAborted();
    const startUnixMs = now - ageMs;
    const window = { startUnixMs, endUnixMs: startUnixMs + 15_000 };
    const segment = nodes.segment('history', window, cluster.rows(from, rowsPerBucket, window));
    from += rowsPerBucket;
    const { sequence } = segment;
    const [result] = await store.commit([{ segment, firstSequence: sequence, oldestSequence: 1, forgotten: null }]);
    if (result?.type !== 'committed') throw new Error(`the history is ${result?.type}`);
    through = result.id;
    await nextTurn();
  }
  const plan = { tiers, now, throughId: through, keepSightingsMs: dayMs, maxSightings: 1 };
  while ((await store.rollUp('bench', plan)) === 'moved') run.abort.throwIfAborted();
}

/** Commits batches of the load model until it is told to end. @returns how many rows a second */
async function ingest(store: Store, history: History, cluster: QueryCluster, nodes: Nodes, until: AbortSignal) {
  const begun = performance.now();
  let [rows, node] = [0, 0];
  while (!until.aborted) {
    const endUnixMs = Date.now();
    const window = { startUnixMs: endUnixMs - 15_000, endUnixMs };
    const segments = Array.from({ length: batchesPerTurn }, () => {
      node = (node + 1) % 5_000;
      return nodes.segment(`node-${node}`, window, cluster.rows(node * 80, rowsPerBatch, window));
    });
    const commits = segments.map((segment) => ({
      segment,
      firstSequence: segment.sequence,
      oldestSequence: 1,
      forgotten: null,
    }));
    for (const result of await store.commit(commits)) {
      if (result.type === 'committed') history.add(result.segment, result.id);
    }
    rows += batchesPerTurn * rowsPerBatch;
    await sleep(Math.max(0, (rows / rowsPerBatch / batchesPerTurn) * turnMs - (performance.now() - begun)));
  }
  return (1000 * rows) / (performance.now() - begun);
}

async function ask(history: History, cluster: QueryCluster, question: Question, lengthMs: number, n: number) {
  const now = Date.now();
  const range = { startUnixMs: now - lengthMs, endUnixMs: now };
  const workload = cluster.workloads[(n * 7919) % cluster.workloads.length];
  if (workload === undefined) throw new RangeError('there is no workload');
  const begun = performance.now();
  const { edges: found } =
    question === 'top'
      ? await history.top(range, 'bytes', talkers)
      : await history.answer(
          range,
          question === 'workload' ? { namespace: null, workload } : { namespace: workload.namespace, workload: null },
        );
  const tookMs = performance.now() - begun;
  if (found.length === 0) throw new Error(`there is no answer to ${question}`);
  return tookMs;
}

type Times = Record<keyof typeof spans, Record<Question, number[]>>;

function noTimes(): Times {
  const none = () => ({ workload: [], namespace: [], top: [] });
  return { hour: none(), day: none() };
}

async function askAll(history: History, cluster: QueryCluster, run: Run, times: Times): Promise<void> {
  const end = performance.now() + run.seconds * 1000;
  for (let n = 0; performance.now() < end; n++) {
    run.abort.throwIfAborted();
    for (const [span, { lengthMs }] of Object.entries(spans)) {
      for (const question of questions) {
        times[span as keyof Times][question].push(await ask(history, cluster, question, lengthMs, n));
        await sleep(5);
      }
    }
  }
}

async function measure(run: Run): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-query-'));
  run.undo.later(() => rmSync(folder, { recursive: true, force: true }));
  const openStore = (synchronous: Synchronous) =>
    new SqliteStore({ path: join(folder, 'weir.db'), synchronous, maxCached: 500_000 });
  const cluster = new QueryCluster(edges, 1);
  const nodes = new Nodes();
  run.progress(`writing a day of ${edges} edges`);
  let store = openStore('NORMAL');
  await writeDay(store, cluster, nodes, run);
  const first = await open(store);
  await first.close();
  await store.close();

  const restarts: number[] = [];
  const memory: number[] = [];
  const rates: number[] = [];
  const times = noTimes();
  for (let round = 0; round < run.rounds; round++) {
    globalThis.gc?.();
    const before = process.memoryUsage();
    const begun = performance.now();
    store = openStore('FULL');
    const history = await open(store);
    restarts.push((performance.now() - begun) / 1000);
    globalThis.gc?.();
    const after = process.memoryUsage();
    memory.push((after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / history.edgeCount);
    const end = new AbortController();
    const ingesting = ingest(store, history, cluster, nodes, end.signal);
    await askAll(history, cluster, run, times).finally(() => end.abort());
    rates.push(await ingesting);
    await history.close();
    await store.close();
    run.progress(`round ${round + 1} of ${run.rounds}`);
  }
  return resultOf(times, restarts, memory, rates);
}

function resultOf(times: Times, restarts: number[], memory: number[], rates: number[]): Result {
  const json: Record<string, Figures | number> = {};
  const figures: Figure[] = [];
  for (const [span, { barMs }] of Object.entries(spans)) {
    const ofSpan: Record<string, Figures> = {};
    for (const question of questions) {
      const took = times[span as keyof Times][question];
      const [middle, late] = [median(took), quantile(took, 0.99)];
      ofSpan[question] = { p50_ms: rounded(middle, 2), p99_ms: rounded(late, 2) };
      const label = `${question}, last ${span}`;
      figures.push(
        { label: `${label}, median`, unit: 'ms', perRound: [middle] },
        { label: `${label}, 99th of 100`, unit: 'ms', perRound: [late], bar: { atMost: barMs } },
      );
    }
    json[span] = ofSpan;
  }
  figures.push(
    { label: 'restart', unit: 's', perRound: restarts },
    { label: 'memory for an edge', unit: 'bytes', perRound: memory, bar: { atMost: 2_500 } },
    { label: 'rows committed a second meanwhile', unit: '', perRound: rates },
  );
  return {
    json: { ...json, restart_s: rounded(median(restarts), 2), bytes_per_edge: rounded(median(memory), 0) },
    figures,
  };
}

/**
 * How long questions take that people ask most, at 200,000 edges which both ends report, with a day of history on disk
 * and while 5,000 nodes' batches are committed by the same process. What is asked for differs from question to question.
 */
export const query: Bench = {
  name: 'query',
  sentence: 'How long answers about the last hour and the last day take while batches come in.',
  rounds: 1,
  seconds: 20,
  run: measure,
};
