import type { Logger } from 'pino';
import type { Cidr } from '../core/address.ts';
import type { Clock, Milliseconds } from '../core/time.ts';
import { defaultLimits } from '../proto/limits.ts';
import { serverCredentials } from '../tls/grpc-credentials.ts';
import { agentGate } from './access/agent-gate.ts';
import { firstOf } from './access/node-proof.ts';
import type { Secured } from './access/secured.ts';
import { type Gate, openGate, UserGate } from './access/user-gate.ts';
import { Aliases } from './alias/aliases.ts';
import { aliasHandlers } from './alias/handlers.ts';
import { faultReport } from './api/faults.ts';
import { GrpcServer, type GrpcTransport, plainTransport } from './api/grpc.ts';
import { openHttp } from './api/http/open.ts';
import { Metrics } from './api/metrics.ts';
import { MetricsServer } from './api/metrics-server.ts';
import { History } from './graph/history.ts';
import { Identity } from './identity/identity.ts';
import { Ingest } from './ingest/ingest.ts';
import { ingestHandlers } from './ingest/push.ts';
import { Resolver } from './ingest/resolver.ts';
import { asChanges } from './kube/objects.ts';
import { FirstState } from './kube/first-state.ts';
import type { ClusterSource } from './kube/source.ts';
import { policyHandlers } from './policy/handlers.ts';
import { ClusterState } from './query/cluster-state.ts';
import { Followers } from './query/followers.ts';
import { queryHandlers } from './query/handlers.ts';
import { settingsHandlers } from './settings/handlers.ts';
import { ClusterSettings } from './settings/settings.ts';
import type { Store } from './store/store.ts';

export interface AggregatorOptions {
  readonly cluster: string;
  readonly listen: readonly string[];
  readonly metricsListen: string;
  /** Of the JSON API and the web app. */
  readonly httpListen: string;
  /** Before all their paths: empty, or such as `/weir`. */
  readonly httpBasePath: string;
  /** Folder of the web app as it was built; it may be missing. */
  readonly ui: string;
  readonly podCidrs: readonly Cidr[];
  readonly serviceCidrs: readonly Cidr[];
  readonly retentionMs: Milliseconds;
  readonly pruneEveryMs: Milliseconds;
  /** How long who is gone can still be named. */
  readonly rememberMs: Milliseconds;
  readonly identityWaitMs: Milliseconds;
  /** How long nothing is named, for want of a first state of the cluster. */
  readonly clusterWaitMs: Milliseconds;
  readonly maxEdges: number;
  readonly maxSeries: number;
  readonly maxAliases: number;
  /** How many batches of one agent may be under way. */
  readonly credits: number;
  /** How many of all agents should be at most: bounds the memory that batches take which wait for their commit. */
  readonly maxBatchesUnderWay: number;
}

/** What an aggregator stands on; it closes them when it stops. */
export interface AggregatorDrivers {
  readonly store: Store;
  readonly source: ClusterSource;
  readonly clock: Clock;
  readonly log: Logger;
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

/** How late the cluster's state may show a change, and by how much the clocks of nodes may differ. */
const toleranceMs = 30_000;
/** Of pods, addresses and controllers that are gone, each: some 200 bytes for one. */
const maxGone = 500_000;
const giveUpMs = 60_000;
const maxGivenUp = 10_000;
/** At 200 nodes and 15 s windows: five seconds. */
const maxFollowQueue = 64;

/** Wires an aggregator and starts it; the drivers are its own from then on. @throws WeirError STORE, LISTEN */
export async function startAggregator(options: AggregatorOptions, drivers: AggregatorDrivers): Promise<Aggregator> {
  try {
    return await wire(options, drivers);
  } catch (error) {
    drivers.source.close();
    drivers.secured?.certificates.close();
    await drivers.store.close();
    throw error;
  }
}

async function wire(options: AggregatorOptions, drivers: AggregatorDrivers): Promise<Aggregator> {
  const { cluster, retentionMs, pruneEveryMs, maxEdges } = options;
  const { store, source, clock, log } = drivers;
  const state = new ClusterState(source);
  const identity = new Identity({
    podCidrs: options.podCidrs,
    serviceCidrs: options.serviceCidrs,
    memoryMs: options.rememberMs,
    maxGone,
    toleranceMs,
  });
  const first = new FirstState(source, options.clusterWaitMs, log.child({ part: 'cluster' }));
  let unsubscribe = () => {};
  const firstState = first.settled.then(() => {
    identity.apply(asChanges(source.snapshot()), clock.now());
    unsubscribe = source.onChange((changes) => resolver.learnt(identity.apply(changes, clock.now())));
  });
  // Whoever waits for it is told why it never came; a start that fails leaves nobody who does.
  firstState.catch(() => undefined);
  const waits = { waitMs: options.identityWaitMs, giveUpMs, maxGivenUp, firstState };
  const resolver = new Resolver(identity, { ...waits, maxLanes: maxEdges });

  const aliases = await Aliases.open({ cluster, store, maxAliases: options.maxAliases, clock });
  const settings = await ClusterSettings.open({
    cluster,
    store,
    onBlocks: ({ podCidrs, serviceCidrs }) =>
      identity.configure([...options.podCidrs, ...podCidrs], [...options.serviceCidrs, ...serviceCidrs], clock.now()),
  });
  const metrics = new Metrics(clock, options.maxSeries);
  const followers = new Followers();
  const history = await History.open({
    cluster,
    store,
    retentionMs,
    pruneEveryMs,
    maxEdges,
    nodes: () => state.nodes,
    shown: (edges) => aliases.name(edges),
    clock,
    log: log.child({ part: 'history' }),
  });
  const ingest = await Ingest.open({
    cluster,
    store,
    resolver,
    credits: { perAgent: options.credits, total: options.maxBatchesUnderWay },
    limits: defaultLimits,
    onCommitted: (segment) => {
      history.add(segment);
      metrics.committed(segment);
      followers.publish(segment);
    },
    log: log.child({ part: 'ingest' }),
  });
  metrics.measure({
    ingest,
    history,
    state,
    followers,
    identity,
    certificates: drivers.secured?.certificates ?? null,
  });

  const report = faultReport(log.child({ part: 'api' }));
  const { agents } = ingest;
  const handlers = {
    query: queryHandlers({ cluster, state, history, agents, followers, identity, aliases, maxFollowQueue }),
    policy: policyHandlers({ cluster, state, history }),
    alias: aliasHandlers({ cluster, aliases }),
    settings: settingsHandlers({ cluster, settings }),
  };
  const gate = gateOf(drivers);
  const grpc = new GrpcServer(ingestHandlers(ingest), handlers, { report, gate });
  const http = openHttp({
    basePath: options.httpBasePath,
    ui: options.ui,
    handlers,
    report,
    gate,
    certificates: drivers.secured?.certificates ?? null,
  });
  const metricsServer = new MetricsServer(metrics.registry);
  const transport = drivers.secured === null ? plainTransport : transportOf(drivers.secured, drivers);
  const stop = async () => {
    grpc.announceStop();
    metricsServer.ready = false;
    first.stop();
    unsubscribe();
    await ingest.stop();
    followers.close();
    http.close();
    await grpc.close();
    metricsServer.close();
    await history.close();
    source.close();
    drivers.secured?.certificates.close();
    await store.close();
  };
  try {
    const addresses = [];
    for (const address of options.listen) addresses.push(await grpc.listen(address, transport));
    const metricsAddress = await metricsServer.listen(options.metricsListen);
    const httpAddress = await http.listen(options.httpListen);
    const isReady = () => {
      metricsServer.ready = true;
    };
    firstState.then(isReady, () => undefined);
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

function gateOf({ secured, clock, log }: AggregatorDrivers): Gate {
  if (secured === null || secured.users === null) return openGate;
  return new UserGate({ ...secured.users, clock, log: log.child({ part: 'access' }) });
}
