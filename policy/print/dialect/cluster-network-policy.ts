import type { Fields } from '../../../core/fields.ts';
import type { Direction } from '../../../core/flow.ts';
import {
  namespaceNameLabel,
  type NetworkPolicy,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
} from '../../../core/kubernetes.ts';
import { type PolicyObject, present, type WrittenRule } from '../policy-object.ts';
import { type Dialect, type DialectLoss, inParts, type PlainRule, rulesOf } from './dialect.ts';
import { writtenMetadata, writtenSelector } from './network-policy.ts';

/*
 * The form is that of policy.networking.k8s.io/v1alpha2 (sigs.k8s.io/network-policy-api, apis/v1alpha2): rules are tried
 * in order, and a policy has 25 of them in a direction, with 25 peers, 25 networks a peer and 25 protocols each.
 */
const most = 25;

/**
 * Everything that is allowed is accepted first, whatever object it stands in, then the rest is denied. In the Baseline
 * tier NetworkPolicies come before it.
 */
const [acceptPriority, denyPriority] = [500, 501] as const;

/** Prefixes keep names apart: a namespace has no dot in its name, and no prefix is a beginning of the other. */
function nameOf({ metadata }: NetworkPolicy, prefix: string): string {
  return `${prefix}.${metadata.name}.${metadata.namespace}`;
}

function inNamespace(namespace: string): Fields {
  return { matchLabels: { [namespaceNameLabel]: namespace } };
}

function podsPeer({ podSelector, namespaceSelector }: NetworkPolicyPeer, own: string): Fields {
  const namespaces = namespaceSelector === undefined ? inNamespace(own) : writtenSelector(namespaceSelector);
  const pods = podSelector === undefined ? {} : writtenSelector(podSelector);
  return Object.keys(pods).length === 0
    ? { namespaces }
    : { pods: { namespaceSelector: namespaces, podSelector: pods } };
}

function protocol({ protocol: name = 'TCP', port, endPort }: NetworkPolicyPort): Fields {
  if (typeof port === 'string') return { destinationNamedPort: port };
  const key = name.toLowerCase();
  if (port === undefined) return { [key]: {} };
  const isRange = endPort !== undefined && endPort > port;
  return { [key]: { destinationPort: isRange ? { range: { start: port, end: endPort } } : { number: port } } };
}

const inCluster: readonly Fields[] = [{ namespaces: {} }];
/** Pods are named besides: they count also while their addresses are not known. */
const everywhere: readonly Fields[] = [...inCluster, { networks: ['0.0.0.0/0', '::/0'] }];

interface Side {
  readonly accepts: readonly WrittenRule[];
  readonly losses: readonly DialectLoss[];
}

function sideOf(policy: NetworkPolicy, direction: Direction, rules: readonly PlainRule[]): Side {
  const key = direction === 'ingress' ? 'from' : 'to';
  const accepts: WrittenRule[] = [];
  const losses: DialectLoss[] = [];
  for (const [index, { peers, ports }] of rules.entries()) {
    const lose = (reason: string) => losses.push({ direction, index, reason });
    const selected = (peers ?? []).filter(({ ipBlock }) => ipBlock === undefined);
    const blocks = (peers ?? []).flatMap(({ ipBlock }) => ipBlock ?? []);
    const plain = blocks.filter(({ except = [] }) => except.length === 0).map(({ cidr }) => cidr);
    if (plain.length < blocks.length)
      lose('a block with exceptions cannot be written: it is left out and stays denied');
    if (direction === 'ingress' && blocks.length > 0) {
      lose('traffic from outside the cluster is not decided by this kind of policy: the blocks are left out');
    }
    const networks = direction === 'ingress' ? [] : inParts(plain, most).map((part) => ({ networks: part }));
    const named = [...selected.map((peer) => podsPeer(peer, policy.metadata.namespace)), ...networks];
    const all = peers === null ? (direction === 'ingress' ? inCluster : everywhere) : named;
    const protocols = ports === null ? [undefined] : inParts(ports.map(protocol), most);
    for (const part of protocols) {
      for (const some of inParts(all, most)) {
        accepts.push({ index, fields: present({ action: 'Accept', [key]: some, protocols: part }) });
      }
    }
  }
  return { accepts, losses };
}

function objectOf(policy: NetworkPolicy, name: string, priority: number, rules: PolicyObject['rules']): PolicyObject {
  return {
    head: {
      apiVersion: 'policy.networking.k8s.io/v1alpha2',
      kind: 'ClusterNetworkPolicy',
      metadata: writtenMetadata(policy, name),
      spec: {
        tier: 'Baseline',
        priority,
        subject: {
          pods: {
            namespaceSelector: inNamespace(policy.metadata.namespace),
            podSelector: writtenSelector(policy.spec.podSelector),
          },
        },
      },
    },
    rules,
  };
}

function acceptObjects(policy: NetworkPolicy, ingress: readonly WrittenRule[], egress: readonly WrittenRule[]) {
  const [inwards, outwards] = [inParts(ingress, most), inParts(egress, most)];
  return Array.from({ length: Math.max(inwards.length, outwards.length) }, (_, part) => {
    const name = nameOf(policy, part === 0 ? 'accept' : `accept-${part + 1}`);
    const [into, out] = [inwards[part], outwards[part]];
    return objectOf(policy, name, acceptPriority, { ...(into && { ingress: into }), ...(out && { egress: out }) });
  });
}

const wholeLosses = (ingress: boolean, egress: boolean): DialectLoss[] =>
  [
    'a pod that a NetworkPolicy selects is decided by that alone: policies of the Baseline tier come behind it',
    ...(ingress
      ? ['traffic from outside the cluster and from nodes is not denied: no rule of this kind can name it']
      : []),
    ...(egress ? ["traffic to a pod's own node is denied as well, which NetworkPolicies never do"] : []),
  ].map((reason) => ({ direction: null, index: 0, reason }));

/** policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy, tier Baseline: what is accepted, and one that denies the rest. */
export const clusterNetworkPolicy: Dialect = (policy) => {
  const [into, out] = [rulesOf(policy, 'ingress'), rulesOf(policy, 'egress')];
  const ingress = sideOf(policy, 'ingress', into ?? []);
  const egress = sideOf(policy, 'egress', out ?? []);
  const denies = (key: string, peers: readonly Fields[]): readonly WrittenRule[] => [
    { index: null, fields: { action: 'Deny', [key]: peers } },
  ];
  const denial = objectOf(policy, nameOf(policy, 'deny'), denyPriority, {
    ...(into && { ingress: denies('from', inCluster) }),
    ...(out && { egress: denies('to', everywhere) }),
  });
  return {
    objects: [...acceptObjects(policy, ingress.accepts, egress.accepts), denial],
    losses: [...wholeLosses(into !== null, out !== null), ...ingress.losses, ...egress.losses],
  };
};
