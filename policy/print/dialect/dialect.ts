import type { Direction } from '../../../core/flow.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../../core/kubernetes.ts';
import type { PolicyObject } from '../policy-object.ts';

export const dialectNames = ['network-policy', 'cilium', 'calico', 'calico-staged', 'cluster-network-policy'] as const;
export type DialectName = (typeof dialectNames)[number];

/** Something that a dialect cannot say as it was meant. */
export interface DialectLoss {
  /** Null for the policy as a whole. */
  readonly direction: Direction | null;
  /** The rule of that direction, from 0. */
  readonly index: number;
  /** What is lost and what stands in its place. */
  readonly reason: string;
}

/** A policy in another dialect: one object, or several that belong together. */
export interface Translation {
  readonly objects: readonly PolicyObject[];
  readonly losses: readonly DialectLoss[];
}

/** What a translation has to know of the cluster. */
export interface DialectContext {
  /** Whether a block holds an address of a pod, a Service or a node. */
  readonly isInCluster: (cidr: string) => boolean;
}

/** Writes a NetworkPolicy in a dialect. */
export type Dialect = (policy: NetworkPolicy, context: DialectContext) => Translation;

/** A rule of either direction; absent lists mean everyone, and every port. */
export interface PlainRule {
  readonly peers: readonly NetworkPolicyPeer[] | null;
  readonly ports: readonly NetworkPolicyPort[] | null;
}

/** The rules of a direction that the policy isolates its pods for; null where it does not. */
export function rulesOf({ spec }: NetworkPolicy, direction: Direction): readonly PlainRule[] | null {
  const plain = (peers: readonly NetworkPolicyPeer[] | undefined, ports: readonly NetworkPolicyPort[] | undefined) => ({
    peers: peers === undefined || peers.length === 0 ? null : peers,
    ports: ports === undefined || ports.length === 0 ? null : ports,
  });
  const types = spec.policyTypes ?? [];
  if (direction === 'ingress') {
    if (types.length > 0 && !types.includes('Ingress')) return null;
    return (spec.ingress ?? []).map(({ from, ports }) => plain(from, ports));
  }
  const isolates = types.length > 0 ? types.includes('Egress') : (spec.egress ?? []).length > 0;
  return isolates ? (spec.egress ?? []).map(({ to, ports }) => plain(to, ports)) : null;
}

/** In parts of at most so many. */
export function inParts<Item>(items: readonly Item[], most: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / most) }, (_, part) =>
    items.slice(part * most, (part + 1) * most),
  );
}
