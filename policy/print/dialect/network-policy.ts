import type { LabelSelector, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../../core/kubernetes.ts';
import type { Fields } from '../../../core/fields.ts';
import { perObject } from '../../generate/per-object.ts';
import { type PolicyObject, present, type WrittenRule } from '../policy-object.ts';
import { sortedLabels } from '../../generate/rule-peer.ts';

/** Labels by key; absent where there are none. */
export function writtenLabels(labels: Readonly<Record<string, string>>): Fields | undefined {
  return Object.keys(labels).length === 0 ? undefined : sortedLabels(labels);
}

/** As metav1.LabelSelector is written. */
export function writtenSelector({ matchLabels, matchExpressions }: LabelSelector): Fields {
  return present({
    matchLabels: writtenLabels(matchLabels ?? {}),
    matchExpressions: matchExpressions?.map(({ key, operator, values }) => present({ key, operator, values })),
  });
}

/** Name, labels and annotations. @param namespace absent for what stands outside all namespaces */
export function writtenMetadata({ metadata }: NetworkPolicy, name = metadata.name, namespace?: string): Fields {
  return present({
    name,
    namespace: namespace || undefined,
    labels: writtenLabels(metadata.labels),
    annotations: writtenLabels(metadata.annotations),
  });
}

const peer = perObject(({ namespaceSelector, podSelector, ipBlock }: NetworkPolicyPeer): Fields => {
  return present({
    namespaceSelector: namespaceSelector && writtenSelector(namespaceSelector),
    podSelector: podSelector && writtenSelector(podSelector),
    ipBlock: ipBlock && present({ cidr: ipBlock.cidr, except: ipBlock.except }),
  });
});

function port({ protocol, port: number, endPort }: NetworkPolicyPort): Fields {
  return present({ protocol, port: number, endPort });
}

function rule(
  key: 'from' | 'to',
  index: number,
  peers: readonly NetworkPolicyPeer[] | undefined,
  ports: readonly NetworkPolicyPort[] | undefined,
): WrittenRule {
  return { index, fields: present({ [key]: peers?.map(peer), ports: ports?.map(port) }) };
}

/** networking.k8s.io/v1 NetworkPolicy, its keys in the API's usual order. */
export function writeNetworkPolicy(policy: NetworkPolicy): PolicyObject {
  const { apiVersion, metadata, spec } = policy;
  return {
    head: {
      apiVersion: apiVersion || 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: writtenMetadata(policy, metadata.name, metadata.namespace),
      spec: present({ podSelector: writtenSelector(spec.podSelector), policyTypes: spec.policyTypes }),
    },
    rules: {
      ...(spec.ingress && { ingress: spec.ingress.map(({ from, ports }, index) => rule('from', index, from, ports)) }),
      ...(spec.egress && { egress: spec.egress.map(({ to, ports }, index) => rule('to', index, to, ports)) }),
    },
  };
}
