import { type Logger, pino } from 'pino';
import { messageOf, WeirError } from '../core/errors.ts';
import { systemClock } from '../core/time.ts';
import { version } from '../core/version.ts';
import { startAggregator } from './aggregator.ts';
import { type AggregatorConfig, readConfig } from './config.ts';
import { FileCluster } from './kube/files.ts';
import { SqliteStore } from './store/sqlite.ts';

/** Editors and scripts write a file in several steps: read once they are done. */
const debounceMs = 50;
const pollMs = 2_000;
const pruneEveryMs = 60_000;

async function openCluster(folder: string, log: Logger): Promise<FileCluster> {
  const source = await FileCluster.open({ folder, debounceMs, pollMs, log: log.child({ part: 'cluster' }) });
  for (const problem of source.problems()) log.warn(problem, 'a manifest could not be read');
  return source;
}

async function run(config: AggregatorConfig): Promise<void> {
  const log = pino({ level: config.logLevel, base: { component: 'aggregator' } }, pino.destination(2));
  const { cluster, listen, metricsListen, maxEdges, maxSeries, credits, maxUnderWay } = config;
  const store = new SqliteStore({ path: config.database, synchronous: config.synchronous, maxCached: maxEdges });
  const source = await openCluster(config.clusterFiles, log).catch((error: unknown) => {
    store.close();
    throw error;
  });
  const aggregator = await startAggregator(
    {
      cluster,
      listen,
      metricsListen,
      podCidrs: config.podCidr,
      serviceCidrs: config.serviceCidr,
      retentionMs: config.retention,
      pruneEveryMs,
      rememberMs: config.remember,
      identityWaitMs: config.identityWait,
      maxEdges,
      maxSeries,
      credits,
      maxBatchesUnderWay: maxUnderWay,
    },
    { store, source, clock: systemClock, log },
  );
  const { addresses, metricsAddress } = aggregator;
  log.info({ version, cluster, addresses, metricsAddress }, 'listening');

  const stop = (signal: NodeJS.Signals) => {
    log.info({ signal }, 'stopping');
    aggregator.stop().then(
      () => log.info('stopped'),
      (error: unknown) => {
        log.error({ error: messageOf(error) }, 'did not stop cleanly');
        process.exitCode = 1;
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

try {
  const config = readConfig(process.argv.slice(2), (text) => process.stdout.write(text));
  if (config !== null) await run(config);
} catch (error) {
  process.stderr.write(`weir-aggregator: ${messageOf(error)}\n`);
  process.exitCode = error instanceof WeirError ? error.exitStatus : 1;
}
