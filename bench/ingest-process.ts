/* An aggregator in a process of its own, on a made-up cluster: what it takes is its own and nobody else's. */
import { pino } from 'pino';
import { startAggregator } from '../aggregator/aggregator.ts';
import { readConfig } from '../aggregator/config.ts';
import { ClusterObjects } from '../aggregator/kube/objects.ts';
import type { ClusterSource } from '../aggregator/kube/source.ts';
import { optionsOf } from '../aggregator/options.ts';
import { PostgresStore } from '../aggregator/store/postgres.ts';
import { SqliteStore } from '../aggregator/store/sqlite.ts';
import { tuneCollector } from '../aggregator/process-memory.ts';
import { systemClock } from '../core/time.ts';
import { readObject } from '../core/read-object.ts';
import { clusterLines, type ClusterSize } from './identity-cluster.ts';
import type { FromAggregator } from './ingest-aggregator.ts';
import { residentMb } from './process-usage.ts';

tuneCollector();

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
  ? await PostgresStore.open({ url: database, passwordFile: null, maxCached, log })
  : new SqliteStore({ path: database, synchronous: 'FULL', maxCached });
const flags = ['--cluster', 'bench', '--metrics-listen', '127.0.0.1:0', '--http-listen', '127.0.0.1:0'];
const config = await readConfig([...flags, '--listen', '127.0.0.1:0'], (text) => process.stderr.write(text));
if (config === null) throw new Error('the bench asked for help');
const clusters = [{ name: 'bench', source: clusterOf(), podCidrs: [], serviceCidrs: [] }];
const drivers = { store, clusters, clock: systemClock, log, secured: null };
const aggregator = await startAggregator(optionsOf(config), drivers);

process.on('message', (message) => {
  const { user, system } = process.cpuUsage();
  const cpuSeconds = (user + system) / 1e6;
  if (message === 'cpu') tell({ type: 'cpu', cpuSeconds });
  if (message !== 'usage') return;
  // What it takes to collect garbage for this question alone is not counted.
  if (globalThis.gc !== undefined) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  tell({ type: 'usage', cpuSeconds, rssMb: residentMb(process.pid), heldBytes: heapUsed + external });
});
process.on('disconnect', () => {
  void aggregator.stop();
});
tell({ type: 'listening', address: aggregator.addresses[0] as string, metricsAddress: aggregator.metricsAddress });
