/* An aggregator in a process of its own, on a made-up cluster: what it takes is its own and nobody else's. */
import { pino } from 'pino';
import { startAggregator } from '../aggregator/aggregator.ts';
import { ClusterObjects } from '../aggregator/kube/objects.ts';
import type { ClusterSource } from '../aggregator/kube/source.ts';
import { PostgresStore } from '../aggregator/store/postgres.ts';
import { SqliteStore } from '../aggregator/store/sqlite.ts';
import { systemClock } from '../core/time.ts';
import { readObject } from '../core/read-object.ts';
import { clusterLines, type ClusterSize } from './identity-cluster.ts';
import type { FromAggregator } from './ingest-aggregator.ts';
import { residentMb } from './process-usage.ts';

const [database, sizeJson] = process.argv.slice(2) as [string, string];
const size = JSON.parse(sizeJson) as ClusterSize;

function clusterOf(): ClusterSource {
  const objects = new ClusterObjects();
  for (const line of clusterLines(size)) {
    const read = readObject((JSON.parse(line) as { object: unknown }).object);
    if ('object' in read && read.object !== null) objects.set(read.object);
  }
  return {
    description: 'a bench',
    known: Promise.resolve(),
    snapshot: () => objects.snapshot(),
    problems: () => [],
    onChange: () => () => undefined,
    close: () => undefined,
  };
}

function tell(message: FromAggregator): void {
  process.send?.(message);
}

const log = pino({ level: 'warn' }, pino.destination(2));
const maxCached = 500_000;
const store = database.startsWith('postgres:')
  ? await PostgresStore.open({ url: database, maxCached, log })
  : new SqliteStore({ path: database, synchronous: 'FULL', maxCached });
const aggregator = await startAggregator(
  {
    cluster: 'bench',
    listen: ['127.0.0.1:0'],
    metricsListen: '127.0.0.1:0',
    httpListen: '127.0.0.1:0',
    httpBasePath: '',
    ui: '',
    podCidrs: [],
    serviceCidrs: [],
    tiers: [
      { widthMs: 15_000, keepMs: 3_600_000 },
      { widthMs: 60_000, keepMs: 86_400_000 },
      { widthMs: 3_600_000, keepMs: 30 * 86_400_000 },
      { widthMs: 86_400_000, keepMs: 400 * 86_400_000 },
    ],
    keepSightingsMs: 400 * 86_400_000,
    tailMs: 300_000,
    upkeepEveryMs: 15_000,
    pollEveryMs: 1_000,
    rememberMs: 3_600_000,
    identityWaitMs: 5_000,
    clusterWaitMs: 60_000,
    maxEdges: 500_000,
    maxSeries: 2_000,
    maxAliases: 1_000,
    maxBaselines: 100,
    maxAnswerEdges: 100_000,
    credits: 64,
    maxBatchesUnderWay: 4_096,
    maxStreams: 10_000,
    maxDictionaryBytes: 1e9,
  },
  { store, source: clusterOf(), secured: null, clock: systemClock, log },
);

process.on('message', (message) => {
  if (message !== 'usage') return;
  if (globalThis.gc !== undefined) globalThis.gc();
  const { user, system } = process.cpuUsage();
  const { heapUsed, external } = process.memoryUsage();
  const cpuSeconds = (user + system) / 1e6;
  tell({ type: 'usage', cpuSeconds, rssMb: residentMb(process.pid), heldBytes: heapUsed + external });
});
process.on('disconnect', () => {
  void aggregator.stop();
});
tell({ type: 'listening', address: aggregator.addresses[0] as string, metricsAddress: aggregator.metricsAddress });
