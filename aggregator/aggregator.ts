import type { Milliseconds } from '../core/time.ts';
import { serverCredentials } from '../tls/grpc-credentials.ts';
import { agentGate } from './access/agent-gate.ts';
import { firstOf } from './access/node-proof.ts';
import type { Secured } from './access/secured.ts';
import { type Gate, openGate, UserGate } from './access/user-gate.ts';
import { faultReport } from './api/faults.ts';
import { GrpcServer, type GrpcTransport, plainTransport } from './api/grpc.ts';
import { openHttp } from './api/http/open.ts';
import { metricPage } from './api/metric-page.ts';
import { MetricsServer } from './api/metrics-server.ts';
import { type Cluster, openCluster } from './cluster/cluster.ts';
import { Clusters } from './cluster/clusters.ts';
import { Installation } from './cluster/installation.ts';
import type { ClusterDrivers, ClusterOptions, ServedCluster } from './cluster/options.ts';
import { ingestHandlers } from './ingest/push.ts';

export interface AggregatorOptions extends ClusterOptions {
  readonly listen: readonly string[];
  readonly metricsListen: string;
  /** Of the JSON API and the web app. */
  readonly httpListen: string;
  /** Before all their paths: empty, or such as `/weir`. */
  readonly httpBasePath: string;
  /** Folder of the web app as it was built; it may be missing. */
  readonly ui: string;
  /** Tells this process from those that share the store. */
  readonly processId: string;
  /** How often those that share the store are told of this one. */
  readonly tellEveryMs: Milliseconds;
}

/** What an aggregator stands on; it closes them when it stops. */
export interface AggregatorDrivers extends ClusterDrivers {
  /** At least one; their names differ. */
  readonly clusters: readonly ServedCluster[];
  /** Null for plain text. */
  readonly secured: Secured | null;
}

export interface Aggregator {
  /** gRPC addresses in the order of `listen`, with the ports that were chosen. */
  readonly addresses: readonly string[];
  readonly metricsAddress: string;
  readonly httpAddress: string;
  /** Takes nothing in any more, ends what is under way, closes everything. */
  stop(): Promise<void>;
}

/** Wires an aggregator and starts it; the drivers are its own from then on. @throws WeirError STORE, LISTEN */
export async function startAggregator(options: AggregatorOptions, drivers: AggregatorDrivers): Promise<Aggregator> {
  const opened: Cluster[] = [];
  try {
    const shared = sharedOut(options, drivers.clusters.length);
    for (const served of drivers.clusters) {
      const log = drivers.clusters.length > 1 ? drivers.log.child({ cluster: served.name }) : drivers.log;
      opened.push(await openCluster(served, shared, { ...drivers, log }));
    }
  } catch (error) {
    await Promise.all(opened.map((cluster) => cluster.drain().then(() => cluster.close())));
    for (const { source } of drivers.clusters) source.close();
    drivers.secured?.certificates.close();
    await drivers.store.close();
    throw error;
  }
  return await wire(options, drivers, opened);
}

/** What bounds all agents together is shared out evenly among the clusters. */
function sharedOut(options: ClusterOptions, clusters: number): ClusterOptions {
  const part = (all: number) => Math.max(1, Math.floor(all / clusters));
  const { maxBatchesUnderWay, maxStreams, maxDictionaryBytes } = options;
  return {
    ...options,
    maxBatchesUnderWay: part(maxBatchesUnderWay),
    maxStreams: part(maxStreams),
    maxDictionaryBytes: part(maxDictionaryBytes),
  };
}

async function wire(
  options: AggregatorOptions,
  drivers: AggregatorDrivers,
  opened: readonly Cluster[],
): Promise<Aggregator> {
  const { log } = drivers;
  const certificates = drivers.secured?.certificates ?? null;
  const { processId, tellEveryMs } = options;
  const own = { clusters: opened, certificates, processId, tellEveryMs, log: log.child({ part: 'replicas' }) };
  const installation = new Installation({ ...drivers, ...own });
  const clusters = new Clusters(opened, installation.status);
  const report = faultReport(log.child({ part: 'api' }));
  const { handlers } = clusters;
  const gate = gateOf(drivers, clusters);
  const grpc = new GrpcServer(
    ingestHandlers((name) => clusters.ingestOf(name)),
    handlers,
    { report, gate },
  );
  const http = openHttp({
    basePath: options.httpBasePath,
    ui: options.ui,
    handlers,
    report,
    gate,
    certificates,
  });
  const transport = drivers.secured === null ? plainTransport : transportOf(drivers.secured, drivers);
  const registries = new Map(clusters.all.map(({ name, metrics }) => [name, metrics]));
  const metricsServer = new MetricsServer(metricPage(registries, certificates));
  const stop = async () => {
    grpc.announceStop();
    metricsServer.ready = false;
    await Promise.all(clusters.all.map((cluster) => cluster.drain()));
    http.close();
    await grpc.close();
    metricsServer.close();
    await Promise.all(clusters.all.map((cluster) => cluster.close()));
    await installation.close();
    drivers.secured?.certificates.close();
    await drivers.store.close();
  };
  try {
    const addresses = [];
    for (const address of options.listen) addresses.push(await grpc.listen(address, transport));
    const metricsAddress = await metricsServer.listen(options.metricsListen);
    const httpAddress = await http.listen(options.httpListen);
    const isReady = () => {
      metricsServer.ready = true;
    };
    Promise.all(clusters.all.map(({ firstState }) => firstState)).then(isReady, () => undefined);
    return { addresses, metricsAddress, httpAddress, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function transportOf({ certificates, proofs }: Secured, { clock, log }: AggregatorDrivers): GrpcTransport {
  const gate = agentGate({ prove: firstOf(proofs), clock, log: log.child({ part: 'access' }) });
  return { credentials: serverCredentials(certificates), gates: [gate] };
}

function gateOf({ secured, clock, log }: AggregatorDrivers, clusters: Clusters): Gate {
  if (secured === null || secured.users === null) return openGate;
  return new UserGate({
    ...secured.users,
    cluster: clusters.all[0]?.name ?? '',
    namespacesAround: (namespace) => clusters.all[0]?.namespacesAround(namespace) ?? new Set(),
    clock,
    log: log.child({ part: 'access' }),
  });
}
