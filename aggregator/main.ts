import { type Logger, pino } from 'pino';
import { messageOf, WeirError } from '../core/errors.ts';
import { systemClock } from '../core/time.ts';
import { version } from '../core/version.ts';
import { KubeClient } from '../kube/client.ts';
import { openAccess } from '../kube/open-access.ts';
import { systemPace } from '../kube/pace.ts';
import { CertificateFiles } from '../tls/certificate-files.ts';
import { certificateProof, type NodeProof } from './access/node-proof.ts';
import { tokenProof } from './access/token-proof.ts';
import { TokenReviews } from './access/token-reviews.ts';
import { type Secured, startAggregator } from './aggregator.ts';
import { type AggregatorConfig, readConfig } from './config.ts';
import { ApiCluster } from './kube/api.ts';
import { FileCluster } from './kube/files.ts';
import type { ClusterSource } from './kube/source.ts';
import { PostgresStore } from './store/postgres.ts';
import { SqliteStore } from './store/sqlite.ts';
import type { Store } from './store/store.ts';

/** Editors and scripts write a file in several steps: read once they are done. */
const debounceMs = 50;
const pollMs = 2_000;
const maxUpkeepEveryMs = 15_000;
const sharedPollMs = 1_000;
const certificatesEveryMs = 10_000;

/** A database server where the name is a URL, else a file. */
async function openStore({ database, synchronous, maxEdges }: AggregatorConfig, log: Logger): Promise<Store> {
  if (!/^postgres(ql)?:\/\//.test(database)) {
    return new SqliteStore({ path: database, synchronous, maxCached: maxEdges });
  }
  return await PostgresStore.open({ url: database, maxCached: maxEdges, log: log.child({ part: 'store' }) });
}

/** @throws WeirError CLUSTER_SOURCE, KUBE_ACCESS, CONFIG_INVALID when nothing says where the cluster is */
async function openCluster(config: AggregatorConfig, log: Logger): Promise<ClusterSource> {
  if (config.clusterFiles !== undefined) return await openFiles(config.clusterFiles, log.child({ part: 'cluster' }));
  const access = await openAccess(config.kubeconfig ?? null);
  if (access !== null) return new ApiCluster({ access, pace: systemPace, log: log.child({ part: 'kube' }) });
  const what = 'give --kubeconfig FILE or --cluster-files FOLDER, or run in a pod with a service account';
  throw new WeirError('CONFIG_INVALID', `nothing says where the state of the cluster is; ${what}`);
}

async function openFiles(folder: string, log: Logger): Promise<FileCluster> {
  const source = await FileCluster.open({ folder, debounceMs, pollMs, log });
  for (const problem of source.problems()) log.warn({ problem }, 'a manifest could not be read');
  return source;
}

/** How agents and callers are spoken to; null for plain text. @throws WeirError TLS_CERTIFICATE, CONFIG_INVALID */
async function openSecured(config: AggregatorConfig, log: Logger): Promise<Secured | null> {
  const { tlsCert, tlsKey, tlsCa, agentAccount, agentAudience: audience, cluster } = config;
  if (tlsCert === undefined || tlsKey === undefined) {
    if (config.insecureTransport) log.warn('plain text: who speaks is not proven, and what is said can be read');
    return null;
  }
  const proofs: NodeProof[] = [];
  if (tlsCa !== undefined) proofs.push(certificateProof(cluster));
  if (agentAccount !== undefined) {
    const access = await openAccess(config.kubeconfig ?? null);
    if (access === null) throw new WeirError('CONFIG_INVALID', '--agent-account: needs access to the Kubernetes API');
    const reviews = new TokenReviews(new KubeClient(access));
    proofs.push(tokenProof({ reviews, account: agentAccount, audience, clock: systemClock }));
  }
  const paths = { ca: tlsCa ?? null, cert: tlsCert, key: tlsKey };
  return { certificates: await CertificateFiles.open(paths, certificatesEveryMs, log), proofs };
}

async function run(config: AggregatorConfig): Promise<void> {
  const log = pino({ level: config.logLevel, base: { component: 'aggregator' } }, pino.destination(2));
  const { cluster, listen, metricsListen, maxEdges, maxSeries, maxAliases, maxBaselines, credits, maxUnderWay } =
    config;
  const secured = await openSecured(config, log.child({ part: 'tls' }));
  const store = await openStore(config, log);
  const source = await openCluster(config, log).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const aggregator = await startAggregator(
    {
      cluster,
      listen,
      metricsListen,
      httpListen: config.httpListen,
      httpBasePath: config.httpBasePath,
      ui: config.ui,
      podCidrs: config.podCidr,
      serviceCidrs: config.serviceCidr,
      tiers: config.keep,
      keepSightingsMs: config.keepSightings,
      tailMs: config.tail,
      upkeepEveryMs: Math.min(maxUpkeepEveryMs, config.tail / 4),
      pollEveryMs: sharedPollMs,
      rememberMs: config.remember,
      identityWaitMs: config.identityWait,
      clusterWaitMs: config.clusterWait,
      maxEdges,
      maxSeries,
      maxAliases,
      maxAnswerEdges: config.maxAnswerEdges,
      maxBaselines,
      credits,
      maxBatchesUnderWay: maxUnderWay,
      maxStreams: config.maxStreams,
      maxDictionaryBytes: config.maxDictionaryMb * 1e6,
    },
    { store, source, clock: systemClock, log, secured },
  );
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

try {
  const config = readConfig(process.argv.slice(2), (text) => process.stdout.write(text));
  if (config !== null) await run(config);
} catch (error) {
  process.stderr.write(`weir-aggregator: ${messageOf(error)}\n`);
  process.exitCode = error instanceof WeirError ? error.exitStatus : 1;
}
