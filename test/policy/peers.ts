import type { Address } from '../../core/address.ts';
import type { Protocol } from '../../core/flow.ts';
import type { ClusterPolicy } from '../../core/cluster-policy.ts';
import { namespaceNameLabel, type NetworkPolicy, type Policy } from '../../core/kubernetes.ts';
import type { Decision } from '../../core/verdict.ts';
import { type Answer, PolicySet } from '../../policy/evaluate/evaluate.ts';
import type { Peer, PodPeer } from '../../policy/evaluate/query.ts';

/** A pod of namespace `shop` unless told otherwise. */
export function pod(name: string, given: Partial<PodPeer> = {}): PodPeer {
  const namespace = given.namespace ?? 'shop';
  return {
    type: 'pod',
    name,
    namespace,
    labels: { app: name },
    addresses: [],
    ports: [],
    hostNetwork: false,
    nodeName: null,
    ...given,
    namespaceLabels: { [namespaceNameLabel]: namespace, ...given.namespaceLabels },
  };
}

export function address(text: string): Peer {
  return { type: 'address', address: text as Address };
}

export function policy(spec: NetworkPolicy['spec'], name = 'p', namespace = 'shop'): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, uid: '', labels: {}, annotations: {}, ownerReferences: [] },
    spec,
  };
}

/** What a policy of the whole cluster is but its spec. */
export function clusterPolicy<Kind extends ClusterPolicy['kind']>(kind: Kind, name: string) {
  const version = kind === 'ClusterNetworkPolicy' ? 'v1alpha2' : 'v1alpha1';
  return {
    apiVersion: `policy.networking.k8s.io/${version}`,
    kind,
    metadata: { name, namespace: '', uid: '', labels: {}, annotations: {}, ownerReferences: [] },
  };
}

export function ask(
  policies: readonly Policy[],
  client: Peer,
  server: Peer,
  port = 80,
  protocol: Protocol = 'TCP',
): Answer {
  return new PolicySet(policies).decide({ client, server, protocol, port });
}

export function decide(...question: Parameters<typeof ask>): Decision {
  return ask(...question).decision;
}
