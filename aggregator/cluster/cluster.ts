import type { Registry } from 'prom-client';
import { defaultLimits } from '../../proto/limits.ts';
import type { AgentReport, ClusterStatus } from '../../proto/wire.ts';
import { Aliases } from '../alias/aliases.ts';
import { aliasHandlers } from '../alias/handlers.ts';
import type { ClusterHandlers } from '../api/handlers.ts';
import { Metrics } from '../api/metrics.ts';
import { History } from '../graph/history.ts';
import type { Segment } from '../graph/segment.ts';
import { Identity } from '../identity/identity.ts';
import { Ingest } from '../ingest/ingest.ts';
import { Resolver } from '../ingest/resolver.ts';
import { FirstState } from '../kube/first-state.ts';
import { asChanges } from '../kube/objects.ts';
import { Baselines } from '../policy/baselines.ts';
import { policyHandlers } from '../policy/handlers.ts';
import { type AskedStatus, clusterStatus, connectedAgents } from '../query/cluster-status.ts';
import { ClusterState } from '../query/cluster-state.ts';
import { FollowTail } from '../query/follow-tail.ts';
import { Followers } from '../query/followers.ts';
import { namespacesAround } from '../query/namespaces-around.ts';
import { queryHandlers } from '../query/handlers.ts';
import { Snapshots } from '../query/snapshots.ts';
import { settingsHandlers } from '../settings/handlers.ts';
import { ClusterSettings } from '../settings/settings.ts';
import { SetElsewhere } from './set-elsewhere.ts';
import type { ClusterDrivers, ClusterOptions, ServedCluster } from './options.ts';

/** Everything of one cluster: who is who in it, what was seen there, and what is answered about it. */
export interface Cluster {
  readonly name: string;
  /** Resolves when flows can be named; rejects when it was stopped before. */
  readonly firstState: Promise<void>;
  readonly ingest: Ingest;
  readonly handlers: ClusterHandlers;
  /** @param told by other processes, of the agents that they have */
  readonly status: (asked: AskedStatus, told: readonly AgentReport[]) => ClusterStatus;
  readonly metrics: Registry;
  /** The agents that have their stream open here, as other processes are told of them. */
  readonly connectedAgents: () => readonly AgentReport[];
  /** The namespaces that an answer about one may name; all there are where none is given. */
  readonly namespacesAround: (namespace: string) => ReadonlySet<string>;
  /** Takes nothing in any more, and ends the streams of agents and followers. */
  drain(): Promise<void>;
  /** To be called after `drain`; closes the source too. */
  close(): Promise<void>;
}

/** How late the cluster's state may show a change, and by how much the clocks of nodes may differ. */
const toleranceMs = 30_000;
/** Of pods, addresses and controllers that are gone, each: some 200 bytes for one. */
const maxGone = 500_000;
/** Pods that report and addresses at their far ends: some 150 bytes for one. */
const maxSubjects = 500_000;
const giveUpMs = 60_000;
const maxGivenUp = 10_000;
/** At 200 nodes and 15 s windows: two and a half minutes. The rows take some 150 bytes each. */
const followBounds = { maxWindows: 2_048, maxRows: 200_000 };
const maxFollowers = 1_000;
/** Long enough to look at a page. */
const snapshotBounds = { maxSnapshots: 64, keepMs: 300_000 };

/** Wires what belongs to one cluster. @throws WeirError STORE; then nothing of it goes on */
export async function openCluster(
  served: ServedCluster,
  options: ClusterOptions,
  drivers: ClusterDrivers,
): Promise<Cluster> {
  const begun: (() => unknown)[] = [];
  try {
    return await wire(served, options, drivers, begun);
  } catch (error) {
    for (const end of begun.toReversed()) await end();
    throw error;
  }
}

/** @param begun is told how to end what goes on by itself */
async function wire(
  { name: cluster, source, podCidrs, serviceCidrs }: ServedCluster,
  options: ClusterOptions,
  { store, clock, log }: ClusterDrivers,
  begun: (() => unknown)[],
): Promise<Cluster> {
  const { maxEdges } = options;
  const state = new ClusterState(source);
  const { rememberMs: memoryMs } = options;
  const identity = new Identity({ podCidrs, serviceCidrs, memoryMs, maxGone, toleranceMs });
  const first = new FirstState(source, options.clusterWaitMs, log.child({ part: 'cluster' }));
  let unsubscribe = () => {};
  begun.push(
    () => first.stop(),
    () => unsubscribe(),
  );
  const firstState = first.settled.then(() => {
    identity.apply(asChanges(source.snapshot()), clock.now());
    unsubscribe = source.onChange((changes) => resolver.changed(identity.apply(changes, clock.now())));
  });
  // Whoever waits for it is told why it never came; a start that fails leaves nobody who does.
  firstState.catch(() => undefined);
  const waits = { waitMs: options.identityWaitMs, giveUpMs, maxGivenUp, firstState };
  const resolver = new Resolver(identity, { ...waits, lanes: store.lanesOf(cluster), maxSubjects });

  const aliases = await Aliases.open({ cluster, store, maxAliases: options.maxAliases, clock });
  const settings = await ClusterSettings.open({
    cluster,
    store,
    onBlocks: (blocks) =>
      resolver.changed(
        identity.configure([...podCidrs, ...blocks.podCidrs], [...serviceCidrs, ...blocks.serviceCidrs], clock.now()),
      ),
  });
  const baselines = new Baselines({ cluster, store, maxBaselines: options.maxBaselines });
  const metrics = new Metrics(clock, options.maxSeries);
  const shown = aliases.name.bind(aliases);
  const followers = new Followers(
    new FollowTail({ ...followBounds, idsAreGapless: store.isShared, shown }),
    maxFollowers,
  );
  let lastId = () => 0;
  let seen: (segment: Segment) => void = () => undefined;
  const history = await History.open({
    ...options,
    cluster,
    store,
    nodes: () => state.nodes,
    shown,
    onAdded: (segment, id) => {
      followers.tail.hold(segment, id);
      followers.release(lastId());
      seen(segment);
    },
    clock,
    log: log.child({ part: 'history' }),
  });
  begun.push(() => history.close());
  // Who followed before a restart goes on behind the last window that it got.
  await history.latest(followBounds.maxWindows, (segment, id) => followers.tail.hold(segment, id));
  lastId = () => history.lastId;
  followers.release(lastId());
  const ingest = await Ingest.open({
    cluster,
    store,
    resolver,
    credits: { perAgent: options.credits, total: options.maxBatchesUnderWay },
    limits: defaultLimits,
    maxStreams: options.maxStreams,
    maxDictionaryBytes: options.maxDictionaryBytes,
    clock,
    onCommitted: (segment, id) => {
      history.add(segment, id);
      metrics.committed(segment);
    },
    log: log.child({ part: 'ingest' }),
  });
  seen = (segment) => ingest.seen(segment);
  const everyMs = options.pollEveryMs;
  const setElsewhere = new SetElsewhere({
    cluster,
    store,
    aliases,
    settings,
    everyMs,
    log: log.child({ part: 'set' }),
  });
  metrics.measure({ ingest, history, state, followers, identity });

  const snapshots = new Snapshots({ ...snapshotBounds, maxEdges: 2 * maxEdges, clock });
  const { agents } = ingest;
  const { maxAnswerEdges } = options;
  const about = { state, history, agents, identity };
  let isWaiting = true;
  const isKnown = () => {
    isWaiting = false;
  };
  firstState.then(isKnown, () => undefined);
  return {
    name: cluster,
    firstState,
    ingest,
    metrics: metrics.registry,
    status: (asked, told) =>
      clusterStatus({ ...about, cluster, tiers: options.tiers, isWaiting: () => isWaiting }, asked, told),
    connectedAgents: () => connectedAgents(about),
    namespacesAround: (namespace) => namespacesAround(namespace, { state, history }),
    handlers: {
      query: queryHandlers({ ...about, followers, aliases, snapshots, maxAnswerEdges }),
      policy: policyHandlers({ ...about, settings, baselines, clock }),
      alias: aliasHandlers(aliases),
      settings: settingsHandlers(settings),
    },
    drain: async () => {
      first.stop();
      unsubscribe();
      await ingest.stop();
      followers.close();
    },
    close: async () => {
      await setElsewhere.close();
      await history.close();
      source.close();
    },
  };
}
