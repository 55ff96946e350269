import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EdgeId } from '../../core/edge.ts';
import { workloadKey } from '../../core/identity.ts';
import type { Clock } from '../../core/time.ts';
import type { History } from '../graph/history.ts';
import type { Segment } from '../graph/segment.ts';
import type { Identity } from '../identity/identity.ts';
import { identityProblemKinds } from '../identity/problems.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { ClusterState } from '../query/cluster-state.ts';
import { countUnresolved } from '../query/unresolved.ts';
import type { Followers } from '../query/followers.ts';
import { TrafficMetrics } from './traffic-metrics.ts';

export interface Measured {
  readonly ingest: Ingest;
  readonly history: History;
  readonly state: ClusterState;
  readonly followers: Followers;
  readonly identity: Identity;
}

/** What Prometheus is told of one cluster. */
export class Metrics {
  readonly registry = new Registry();
  readonly #clock: Clock;
  readonly #traffic: TrafficMetrics;
  readonly #lag: Histogram;

  /** @param maxSeries how many series each traffic metric may have */
  constructor(clock: Clock, maxSeries: number) {
    this.#clock = clock;
    this.#traffic = new TrafficMetrics(this.registry, maxSeries);
    this.#lag = new Histogram({
      name: 'weir_ingest_lag_seconds',
      help: 'From the end of a window to its commit.',
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
      registers: [this.registry],
    });
  }

  /** Counts a segment that was committed. */
  committed(segment: Segment): void {
    this.#traffic.count(segment);
    this.#lag.observe(Math.max(0, this.#clock.now() - segment.window.endUnixMs) / 1000);
  }

  /** Adds what is read from the parts whenever it is asked for. */
  measure({ ingest, history, state, followers, identity }: Measured): void {
    this.#counter(
      'weir_ingest_batches_seen_total',
      'Batches that arrived: the sum of all results, and pending.',
      [],
      (into) => into.inc(ingest.ledger.seen),
    );
    this.#counter('weir_ingest_batches_total', 'Batches by what became of them.', ['result'], (into) => {
      const { committed, duplicate, rejected } = ingest.ledger;
      for (const [result, count] of Object.entries({ committed, duplicate, rejected })) into.inc({ result }, count);
    });
    this.#gauge('weir_ingest_batches_pending', 'Batches under way.', [], (gauge) => gauge.set(ingest.ledger.pending));
    this.#gauge('weir_ingest_dictionary_bytes', 'What the dictionaries of all streams take, about.', [], (gauge) =>
      gauge.set(ingest.dictionaryBytes),
    );
    this.#counter(
      'weir_ingest_foreign_pods_total',
      'Pods that agents reported for which the cluster has on other nodes, once for each dictionary they are in.',
      [],
      (into) => into.inc(ingest.foreignPods),
    );
    this.#gauge('weir_agents_connected', 'Agents with an open stream.', [], (gauge) =>
      gauge.set(ingest.agents.sessions().length),
    );
    this.#gauge('weir_graph_edges', 'Edges in the graph of all that is kept.', [], (gauge) =>
      gauge.set(history.edgeCount),
    );
    this.#gauge('weir_workloads', 'Workloads of the cluster, by whether any traffic was seen.', ['state'], (gauge) => {
      const active = activeWorkloads(history.ends());
      const count = state.workloads.filter(({ ref }) => active.has(workloadKey(ref))).length;
      gauge.set({ state: 'active' }, count);
      gauge.set({ state: 'silent' }, state.workloads.length - count);
    });
    this.#gauge(
      'weir_unresolved_peers',
      'Different addresses in the graph that have no name, by reason.',
      ['reason'],
      (gauge) => {
        for (const { reason, addresses } of countUnresolved(history.ends())) gauge.set({ reason }, addresses);
      },
    );
    this.#gauge('weir_cluster_problems', 'Manifests that could not be read.', [], (gauge) =>
      gauge.set(state.source.problems().length),
    );
    this.#gauge(
      'weir_identity_problems',
      'Addresses that pods state and that are not given a name because of it, by what is wrong.',
      ['kind'],
      (gauge) => {
        const problems = identity.problems();
        for (const kind of identityProblemKinds) {
          gauge.set({ kind }, problems.filter((each) => each.kind === kind).length);
        }
      },
    );
    this.#counter(
      'weir_identity_forgotten_early_total',
      'Holders of addresses that were forgotten before their time because there were too many.',
      [],
      (into) => into.inc(identity.forgottenEarly),
    );
    this.#gauge('weir_followers', 'Callers that follow.', [], (gauge) => gauge.set(followers.count));
    this.#counter('weir_follow_windows_skipped_total', 'Windows that slow followers did not get.', [], (into) =>
      into.inc(followers.skippedWindows),
    );
  }

  #gauge(name: string, help: string, labelNames: string[], read: (gauge: Gauge) => void): void {
    this.registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames,
        registers: [],
        collect() {
          this.reset();
          read(this);
        },
      }),
    );
  }

  /** A counter that is kept elsewhere. */
  #counter(name: string, help: string, labelNames: string[], read: (counter: Counter) => void): void {
    this.registry.registerMetric(
      new Counter({
        name,
        help,
        labelNames,
        registers: [],
        collect() {
          this.reset();
          read(this);
        },
      }),
    );
  }
}

function activeWorkloads(edges: Iterable<EdgeId>): ReadonlySet<string> {
  const active = new Set<string>();
  for (const { client, server } of edges) {
    for (const end of [client, server]) if (end.type === 'workload') active.add(workloadKey(end));
  }
  return active;
}
