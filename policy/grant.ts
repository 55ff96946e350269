import { hostCidr } from '../core/address.ts';
import { type Edge } from '../core/edge.ts';
import type { Direction } from '../core/flow.ts';
import { type Entity, entityLabel, type WorkloadRef, workloadKey } from '../core/identity.ts';
import { type Labels, namespaceNameLabel, type NetworkPolicyPeer } from '../core/kubernetes.ts';
import type { Workload } from '../core/workload.ts';
import type { ClusterDns } from './dns.ts';
import { succeeded } from './outcome.ts';
import type { ExactPort, Grant } from './rule.ts';
import type { WorkloadSelectors } from './workload-selector.ts';

/** What is needed to turn an edge into a peer with ports. */
export interface Surroundings {
  /** By workload key. */
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly selectors: WorkloadSelectors;
  readonly dns: ClusterDns;
}

/** An edge that a rule can be made for, or the reason why not. */
export type Asked = { readonly grant: Grant } | { readonly reason: string };

/** The end of an edge that a direction's policy belongs to: egress rules stand at the client, ingress rules at the server. */
export function subjectOf(edge: Edge, direction: Direction): Entity {
  return direction === 'egress' ? edge.client : edge.server;
}

export function farEndOf(edge: Edge, direction: Direction): Entity {
  return direction === 'egress' ? edge.server : edge.client;
}

export function usesHostNetwork(workload: Workload): boolean {
  return workload.spec.hostNetwork === true || workload.pods.some((pod) => pod.spec.hostNetwork === true);
}

const failures = {
  dropped: 'it was dropped and never came through; what was denied is not allowed by itself',
  refused: 'it was refused: nothing listened on the port, or something on the way rejected it',
  unanswered: 'it was never answered',
} as const;

function peerOfWorkload(namespace: string, ref: WorkloadRef, labels: Labels): NetworkPolicyPeer {
  const podSelector = { matchLabels: labels };
  if (ref.namespace === namespace) return { podSelector };
  return { namespaceSelector: { matchLabels: { [namespaceNameLabel]: ref.namespace } }, podSelector };
}

function peerOf(
  namespace: string,
  entity: Entity,
  { workloads, selectors }: Surroundings,
): NetworkPolicyPeer | { readonly reason: string } {
  switch (entity.type) {
    case 'external': {
      const { address, alias } = entity;
      if (alias?.allowed === false)
        return { reason: `the other end is in ${alias.cidr} (${alias.name}), which is not allowed` };
      return { ipBlock: { cidr: alias?.cidr ?? hostCidr(address) } };
    }
    case 'node':
      return { reason: 'the other end is a node: no selector names nodes, and their addresses change' };
    case 'service':
      return { reason: 'the other end is a Service without one known workload behind it' };
    case 'unresolved':
      return { reason: `the other end could not be resolved (${entity.reason})` };
    case 'workload': {
      const workload = workloads.get(workloadKey(entity));
      if (workload === undefined) return { reason: 'the other end is no longer in the cluster' };
      if (usesHostNetwork(workload))
        return { reason: "the other end is on its node's network: selectors do not name it" };
      const selector = selectors.of(workload.ref);
      if (selector === null) return { reason: 'the pods of the other end share no label that outlives a rollout' };
      return peerOfWorkload(namespace, entity, selector.labels);
    }
  }
}

/** A resolver repeats an answer that was too long for UDP over TCP, so DNS gets both. */
function portsOf(edge: Edge, protocol: ExactPort['protocol'], dns: ClusterDns): ExactPort[] {
  const { server, port } = edge;
  if (protocol !== 'SCTP' && server.type === 'workload' && dns.serves(server, port)) {
    return [
      { protocol: 'TCP', port },
      { protocol: 'UDP', port },
    ];
  }
  return [{ protocol, port }];
}

/** What a rule names: of an address with an alias the whole block. */
function labelOf(entity: Entity): string {
  return entity.type === 'external' && entity.alias !== undefined
    ? `${entity.alias.name} ${entity.alias.cidr}`
    : entityLabel(entity);
}

/** Turns an edge into what a policy in `namespace` has to allow in that direction. */
export function askedBy(edge: Edge, direction: Direction, namespace: string, surroundings: Surroundings): Asked {
  const { protocol, verdict } = edge;
  if (protocol === 'ICMP' || protocol === 'ICMPv6') return { reason: 'NetworkPolicy has no rules for ICMP' };
  if (edge.merged.directionBy === 'ports') {
    return { reason: 'only the port numbers tell which end is the client, and a rule does not rest on that' };
  }
  if (verdict !== 'forwarded' && !succeeded(edge)) return { reason: failures[verdict] };
  if (edge.port < 1) return { reason: 'a rule cannot name port 0' };
  const farEnd = farEndOf(edge, direction);
  const peer = peerOf(namespace, farEnd, surroundings);
  if ('reason' in peer) return peer;
  return {
    grant: { peer, peerLabel: labelOf(farEnd), ports: portsOf(edge, protocol, surroundings.dns), edge },
  };
}
