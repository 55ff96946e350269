import { type Cidr } from '../../core/address.ts';
import type {
  AdminPolicyPort,
  AdminPolicyRule,
  ClusterPolicy,
  ClusterPolicyPeer,
  ClusterPolicyProtocol,
  ClusterPolicyRule,
  ClusterPolicySubject,
  DestinationPort,
  NamespacedPods,
} from '../../core/cluster-policy.ts';
import type { Direction } from '../../core/flow.ts';
import type { PolicyRef, Tier } from './because.ts';
import { compileCidr } from './compile.ts';
import type { CompiledPort } from './port.ts';
import type { PodPeer } from './query.ts';
import { compileSelector, everyLabels, type LabelPredicate } from './selector.ts';

/** A peer with every selector and block worked out. */
export type ClusterPeer =
  | { readonly type: 'pods'; readonly namespaces: LabelPredicate; readonly pods: LabelPredicate }
  | { readonly type: 'nodes'; readonly nodes: LabelPredicate; readonly every: boolean }
  | { readonly type: 'networks'; readonly blocks: readonly Cidr[] }
  | { readonly type: 'names' }
  /** Of a kind that is not known here. */
  | { readonly type: 'unknown' };

/** What a rule does with what it matches. */
export type Action = 'allow' | 'deny' | 'pass';

export interface CompiledClusterRule {
  readonly action: Action;
  readonly peers: readonly ClusterPeer[];
  /** Null: everything. */
  readonly ports: readonly CompiledPort[] | null;
  /** Whether a rule without ports is sure to match ICMP: v1alpha2 says so, v1alpha1 says nothing. */
  readonly coversIcmp: boolean;
}

export interface CompiledClusterPolicy {
  readonly ref: PolicyRef;
  readonly tier: Exclude<Tier, 'NetworkPolicy'>;
  /** The lowest comes first. */
  readonly priority: number;
  /** Whether the API is the forebear, v1alpha1: nothing says in which order policies of both APIs come. */
  readonly isForebear: boolean;
  readonly subject: (pod: PodPeer) => boolean;
  readonly rules: Readonly<Record<Direction, readonly CompiledClusterRule[]>>;
}

interface PodSelection {
  readonly namespaces: LabelPredicate;
  readonly pods: LabelPredicate;
}

function compilePods(namespaces: ClusterPolicySubject['namespaces'], pods: NamespacedPods | undefined): PodSelection {
  if (pods === undefined) return { namespaces: compileSelector(namespaces ?? {}), pods: everyLabels };
  return { namespaces: compileSelector(pods.namespaceSelector), pods: compileSelector(pods.podSelector) };
}

function compilePeer(peer: ClusterPolicyPeer, ref: PolicyRef): ClusterPeer {
  const { namespaces, pods, nodes, networks, domainNames } = peer;
  if (namespaces !== undefined || pods !== undefined) return { type: 'pods', ...compilePods(namespaces, pods) };
  if (nodes !== undefined) {
    const every = Object.keys(nodes.matchLabels ?? {}).length + (nodes.matchExpressions ?? []).length === 0;
    return { type: 'nodes', nodes: compileSelector(nodes), every };
  }
  if (networks !== undefined) return { type: 'networks', blocks: networks.map((text) => compileCidr(text, ref)) };
  return { type: domainNames === undefined ? 'unknown' : 'names' };
}

function compileAdminPort({ portNumber, portRange, namedPort }: AdminPolicyPort): CompiledPort {
  if (portNumber !== undefined) return { protocol: portNumber.protocol ?? 'TCP', port: portNumber.port, endPort: null };
  if (portRange !== undefined) {
    return { protocol: portRange.protocol ?? 'TCP', port: portRange.start, endPort: portRange.end };
  }
  return { protocol: null, port: namedPort ?? '', endPort: null };
}

function compileDestination(protocol: 'TCP' | 'UDP' | 'SCTP', { destinationPort }: DestinationPort): CompiledPort {
  const { number, range } = destinationPort ?? {};
  return { protocol, port: number ?? range?.start ?? null, endPort: range?.end ?? null };
}

function compileProtocol({ tcp, udp, sctp, destinationNamedPort }: ClusterPolicyProtocol): CompiledPort {
  if (tcp !== undefined) return compileDestination('TCP', tcp);
  if (udp !== undefined) return compileDestination('UDP', udp);
  if (sctp !== undefined) return compileDestination('SCTP', sctp);
  return { protocol: null, port: destinationNamedPort ?? '', endPort: null };
}

function compileRule(rule: AdminPolicyRule | ClusterPolicyRule, ref: PolicyRef): CompiledClusterRule {
  const ports = 'ports' in rule ? rule.ports?.map(compileAdminPort) : undefined;
  const protocols = 'protocols' in rule ? rule.protocols?.map(compileProtocol) : undefined;
  return {
    action: rule.action === 'Deny' ? 'deny' : rule.action === 'Pass' ? 'pass' : 'allow',
    peers: (rule.from ?? rule.to ?? []).map((peer) => compilePeer(peer, ref)),
    ports: ports ?? protocols ?? null,
    coversIcmp: ref.kind === 'ClusterNetworkPolicy',
  };
}

/** @throws WeirError ADDRESS_INVALID for networks that are no CIDR */
export function compileClusterPolicy(policy: ClusterPolicy): CompiledClusterPolicy {
  const { kind, metadata, spec } = policy;
  const ref: PolicyRef = { kind, namespace: '', name: metadata.name };
  const subject = compilePods(spec.subject.namespaces, spec.subject.pods);
  const rules = (given: readonly (AdminPolicyRule | ClusterPolicyRule)[] | undefined) =>
    (given ?? []).map((rule) => compileRule(rule, ref));
  return {
    ref,
    tier: kind === 'ClusterNetworkPolicy' ? policy.spec.tier : kind === 'AdminNetworkPolicy' ? 'Admin' : 'Baseline',
    priority: kind === 'BaselineAdminNetworkPolicy' ? 0 : policy.spec.priority,
    isForebear: kind !== 'ClusterNetworkPolicy',
    subject: (pod) => !pod.hostNetwork && subject.namespaces(pod.namespaceLabels) && subject.pods(pod.labels),
    rules: { ingress: rules(spec.ingress), egress: rules(spec.egress) },
  };
}
