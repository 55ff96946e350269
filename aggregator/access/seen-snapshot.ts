import type { ClusterPolicy } from '../../core/cluster-policy.ts';
import type { ClusterSnapshot } from '../../core/kubernetes.ts';
import { sees, type Sight } from '../../core/sight.ts';

interface Namespaced {
  readonly metadata: { readonly namespace: string };
}

/** The name of a policy of the whole cluster may tell whom it is about. */
function withoutName(policy: ClusterPolicy, index: number): ClusterPolicy {
  return { ...policy, metadata: { ...policy.metadata, name: `hidden-${index + 1}`, labels: {}, annotations: {} } };
}

/**
 * The cluster as somebody may see it: what lives in other namespaces is not there. Policies of the whole cluster decide
 * under other names, because without them decisions would be wrong.
 */
export function seenSnapshot(snapshot: ClusterSnapshot, sight: Sight): ClusterSnapshot {
  if (sight === null) return snapshot;
  const seen = <Each extends Namespaced>(all: readonly Each[]) =>
    all.filter(({ metadata: { namespace } }) => namespace === '' || sees(sight, namespace));
  return {
    ...snapshot,
    namespaces: snapshot.namespaces.filter(({ metadata }) => sees(sight, metadata.name)),
    pods: seen(snapshot.pods),
    services: seen(snapshot.services),
    endpointSlices: seen(snapshot.endpointSlices),
    controllers: seen(snapshot.controllers),
    networkPolicies: seen(snapshot.networkPolicies),
    clusterPolicies: snapshot.clusterPolicies.map(withoutName),
    otherPolicies: seen(snapshot.otherPolicies),
  };
}
