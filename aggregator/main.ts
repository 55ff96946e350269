import { type Logger, pino } from 'pino';
import { messageOf, WeirError } from '../core/errors.ts';
import { systemClock } from '../core/time.ts';
import { version } from '../core/version.ts';
import { openAccess } from '../kube/open-access.ts';
import { systemPace } from '../kube/pace.ts';
import { openSecured } from './access/open-secured.ts';
import { startAggregator } from './aggregator.ts';
import { type AggregatorConfig, readConfig } from './config.ts';
import { isDatabaseUrl } from './config-values.ts';
import type { ServedCluster } from './cluster/options.ts';
import { copies, runCopy } from './store/copy-command.ts';
import { optionsOf } from './options.ts';
import { ApiCluster } from './kube/api.ts';
import { FileCluster } from './kube/files.ts';
import type { ClusterSource } from './kube/source.ts';
import { PostgresStore } from './store/postgres.ts';
import { SqliteStore } from './store/sqlite.ts';
import type { Store } from './store/store.ts';
import { tuneCollector } from './process-memory.ts';

/** Editors and scripts write a file in several steps: read once they are done. */
const debounceMs = 50;
const pollMs = 2_000;

/** A database server where the name is a URL, else a file. */
async function openStore(config: AggregatorConfig, log: Logger): Promise<Store> {
  const { database, databasePasswordFile: passwordFile, synchronous, maxEdges: maxCached } = config;
  if (!isDatabaseUrl(database)) return new SqliteStore({ path: database, synchronous, maxCached });
  return await PostgresStore.open({ url: database, passwordFile, maxCached, log: log.child({ part: 'store' }) });
}

/** @throws WeirError CLUSTER_SOURCE, KUBE_ACCESS, CONFIG_INVALID when nothing says where the cluster is */
async function openSource(config: AggregatorConfig, log: Logger): Promise<ClusterSource> {
  if (config.clusterFiles !== null) return await openFiles(config.clusterFiles, log.child({ part: 'cluster' }));
  const source = await openApi(config.kubeconfig, config.kubeContext, log);
  if (source !== null) return source;
  const what = 'give --kubeconfig FILE or --cluster-files FOLDER, or run in a pod with a service account';
  throw new WeirError('CONFIG_INVALID', `nothing says where the state of the cluster is; ${what}`);
}

/** Null when nothing says where it is. @throws WeirError KUBE_ACCESS */
async function openApi(kubeconfig: string | null, context: string | null, log: Logger): Promise<ClusterSource | null> {
  const access = await openAccess(kubeconfig, context);
  return access && new ApiCluster({ access, pace: systemPace, log: log.child({ part: 'kube' }) });
}

/** All clusters that are to be served, the first of which is `--cluster`. @throws WeirError as `openSource` */
async function openClusters(config: AggregatorConfig, log: Logger): Promise<readonly ServedCluster[]> {
  const { podCidr: podCidrs, serviceCidr: serviceCidrs } = config;
  const served = [{ name: config.cluster, source: await openSource(config, log), podCidrs, serviceCidrs }];
  try {
    for (const { name, from, path, context } of config.alsoCluster) {
      const own = log.child({ cluster: name });
      const source = from === 'files' ? await openFiles(path, own) : await openApi(path, context, own);
      if (source !== null) served.push({ name, source, podCidrs: [], serviceCidrs: [] });
    }
    return served;
  } catch (error) {
    for (const { source } of served) source.close();
    throw error;
  }
}

async function openFiles(folder: string, log: Logger): Promise<FileCluster> {
  const source = await FileCluster.open({ folder, debounceMs, pollMs, log });
  for (const problem of source.problems()) log.warn({ problem }, 'a manifest could not be read');
  return source;
}

async function run(config: AggregatorConfig): Promise<void> {
  const log = pino({ level: config.logLevel, base: { component: 'aggregator' } }, pino.destination(2));
  const { cluster } = config;
  const secured = await openSecured(config, log.child({ part: 'tls' }));
  const store = await openStore(config, log);
  const clusters = await openClusters(config, log).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const drivers = { store, clusters, clock: systemClock, log, secured };
  const aggregator = await startAggregator(optionsOf(config), drivers);
  const { addresses, metricsAddress, httpAddress } = aggregator;
  log.info({ version, cluster, addresses, metricsAddress, httpAddress }, 'listening');

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

async function copy(argv: readonly string[]): Promise<void> {
  const ended = new AbortController();
  process.once('SIGTERM', () => ended.abort());
  process.once('SIGINT', () => ended.abort());
  const out = (text: string) => void process.stdout.write(text);
  const err = (text: string) => void process.stderr.write(text);
  await runCopy(argv, { out, err, signal: ended.signal });
}

tuneCollector();
try {
  const argv = process.argv.slice(2);
  if (copies(argv)) await copy(argv);
  else {
    const config = await readConfig(argv, (text) => process.stdout.write(text));
    if (config !== null) await run(config);
  }
} catch (error) {
  process.stderr.write(`weir-aggregator: ${messageOf(error)}\n`);
  process.exitCode = error instanceof WeirError ? error.exitStatus : 1;
}
