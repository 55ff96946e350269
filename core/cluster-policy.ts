import type { KubernetesObject, LabelSelector } from './kubernetes-object.ts';

/*
 * The policies of a cluster's administrators, under the API's own names and shapes (sigs.k8s.io/network-policy-api,
 * apis/v1alpha1 and apis/v1alpha2).
 */

export interface NamespacedPods {
  readonly namespaceSelector: LabelSelector;
  readonly podSelector: LabelSelector;
}

/** Exactly one field is set. Pods on their node's network are never selected. */
export interface ClusterPolicySubject {
  readonly namespaces?: LabelSelector;
  readonly pods?: NamespacedPods;
}

/**
 * Exactly one field is set; none where the server pruned a field that it does not know, and then the rule fails closed.
 * Only egress rules have nodes, networks and domain names.
 */
export interface ClusterPolicyPeer {
  readonly namespaces?: LabelSelector;
  readonly pods?: NamespacedPods;
  readonly nodes?: LabelSelector;
  /** CIDR blocks. They match pods and nodes too. */
  readonly networks?: readonly string[];
  /** `example.com`, or `*.example.com` for everything below it. */
  readonly domainNames?: readonly string[];
}

export type PortProtocol = 'TCP' | 'UDP' | 'SCTP';

/** Exactly one field is set. A protocol is TCP when absent; a named port has that of the container's port. */
export interface AdminPolicyPort {
  readonly portNumber?: { readonly protocol?: PortProtocol; readonly port: number };
  readonly portRange?: { readonly protocol?: PortProtocol; readonly start: number; readonly end: number };
  readonly namedPort?: string;
}

/** One of the two; every port of the protocol when it is absent. */
export interface DestinationPort {
  readonly destinationPort?: {
    readonly number?: number;
    readonly range?: { readonly start: number; readonly end: number };
  };
}

/** Exactly one field is set. */
export interface ClusterPolicyProtocol {
  readonly tcp?: DestinationPort;
  readonly udp?: DestinationPort;
  readonly sctp?: DestinationPort;
  readonly destinationNamedPort?: string;
}

interface RulePeers {
  readonly name?: string;
  /** Of an ingress rule; never empty. */
  readonly from?: readonly ClusterPolicyPeer[];
  /** Of an egress rule; never empty. */
  readonly to?: readonly ClusterPolicyPeer[];
}

/** A rule of v1alpha1. */
export interface AdminPolicyRule extends RulePeers {
  readonly action: 'Allow' | 'Deny' | 'Pass';
  /** Everything when absent. */
  readonly ports?: readonly AdminPolicyPort[];
}

/** A rule of v1alpha2. */
export interface ClusterPolicyRule extends RulePeers {
  readonly action: 'Accept' | 'Deny' | 'Pass';
  /** Everything when absent. */
  readonly protocols?: readonly ClusterPolicyProtocol[];
}

interface Rules<Rule> {
  readonly subject: ClusterPolicySubject;
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

export interface AdminNetworkPolicy extends KubernetesObject<'AdminNetworkPolicy'> {
  /** `priority` 0 to 1000; the lowest comes first. */
  readonly spec: Rules<AdminPolicyRule> & { readonly priority: number };
}

/** There is one at most, named `default`; its rules never pass. */
export interface BaselineAdminNetworkPolicy extends KubernetesObject<'BaselineAdminNetworkPolicy'> {
  readonly spec: Rules<AdminPolicyRule>;
}

export interface ClusterNetworkPolicy extends KubernetesObject<'ClusterNetworkPolicy'> {
  readonly spec: Rules<ClusterPolicyRule> & { readonly tier: 'Admin' | 'Baseline'; readonly priority: number };
}

export type ClusterPolicy = AdminNetworkPolicy | BaselineAdminNetworkPolicy | ClusterNetworkPolicy;

const kinds = new Set(['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy']);

export function isClusterPolicy(object: { readonly kind: string }): object is ClusterPolicy {
  return kinds.has(object.kind);
}
