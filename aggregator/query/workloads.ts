import type { EdgeId } from '../../core/edge.ts';
import { type Entity, workloadKey } from '../../core/identity.ts';
import type { Workload } from '../../core/workload.ts';
import type * as wire from '../../proto/wire.ts';

/** @param namespaces sorted, all of them */
export function summarizeNamespaces(
  namespaces: readonly string[],
  workloads: readonly Workload[],
): wire.NamespaceSummary[] {
  const summaries = new Map(namespaces.map((name) => [name, { name, workloads: 0, pods: 0 }]));
  for (const { ref, pods } of workloads) {
    const summary = summaries.get(ref.namespace);
    if (summary === undefined) continue;
    summary.workloads++;
    summary.pods += pods.length;
  }
  return [...summaries.values()];
}

function keyOf(entity: Entity): string | null {
  return entity.type === 'workload' ? workloadKey(entity) : null;
}

function countByKey(keys: readonly (string | null)[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** Workloads with how many edges lead to and from each. */
export function summarizeWorkloads(workloads: readonly Workload[], edges: readonly EdgeId[]): wire.WorkloadSummary[] {
  const ingress = countByKey(edges.map(({ server }) => keyOf(server)));
  const egress = countByKey(edges.map(({ client }) => keyOf(client)));
  return workloads.map(({ ref, pods, labels }) => ({
    workload: ref,
    pods: pods.length,
    labels,
    ingressEdges: ingress.get(workloadKey(ref)) ?? 0,
    egressEdges: egress.get(workloadKey(ref)) ?? 0,
  }));
}
