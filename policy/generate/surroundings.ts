import { type WorkloadRef, workloadKey } from '../../core/identity.ts';
import type { ClusterSnapshot } from '../../core/kubernetes.ts';
import type { Workload } from '../../core/workload.ts';
import { ClusterDns } from './dns.ts';
import type { GenerateOptions } from './generate-options.ts';
import { NamedPorts } from './named-port.ts';
import { NamespaceSelectors } from './namespace-selector.ts';
import { RowChoices } from './row-choices.ts';
import type { RulePeer } from './rule-peer.ts';
import { Services } from './services.ts';
import { WorkloadSelectors } from './workload-selector.ts';

/** A peer, and every other workload that it lets through besides the one that was meant. */
export interface NamedPeer {
  readonly peer: RulePeer;
  /** How people read it. */
  readonly peerLabel: string;
  readonly catches: readonly WorkloadRef[];
}

/** What is needed to turn edges into rules. */
export interface Surroundings {
  readonly options: GenerateOptions;
  readonly choices: RowChoices;
  /** By workload key. */
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly selectors: WorkloadSelectors;
  readonly namespaces: NamespaceSelectors;
  readonly services: Services;
  readonly dns: ClusterDns;
  readonly named: NamedPorts;
  /** What workloads are named by, once it was worked out. */
  readonly peers: Map<string, NamedPeer | { readonly reason: string }>;
}

/** @param workloads those that have pods, or will. @throws WeirError QUERY_INVALID when choices contradict each other */
export function surroundingsOf(
  cluster: ClusterSnapshot,
  workloads: readonly Workload[],
  options: GenerateOptions,
): Surroundings {
  const byKey = new Map(workloads.map((workload) => [workloadKey(workload.ref), workload]));
  const services = new Services(cluster.services, workloads);
  const names = new Set(workloads.map(({ ref }) => ref.namespace));
  return {
    options,
    choices: new RowChoices(options.choices),
    workloads: byKey,
    selectors: new WorkloadSelectors(workloads, options.workloadLabels),
    namespaces: new NamespaceSelectors(cluster, names, options.namespaceLabels),
    services,
    dns: new ClusterDns(services, workloads),
    named: new NamedPorts(byKey),
    peers: new Map(),
  };
}

export function usesHostNetwork(workload: Workload): boolean {
  return workload.spec.hostNetwork === true || workload.pods.some((pod) => pod.spec.hostNetwork === true);
}

/** Why no selector can name the pods of a workload; null where one can. */
export function unnameable(ref: WorkloadRef, { workloads, selectors }: Surroundings): string | null {
  const workload = workloads.get(workloadKey(ref));
  if (workload === undefined) return 'is no longer in the cluster';
  if (usesHostNetwork(workload)) return "is on its node's network: selectors do not name it";
  return selectors.of(ref) === null ? 'has pods that share no label that outlives a rollout' : null;
}
