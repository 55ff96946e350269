import type { Address } from './address.ts';
import type { AliasTag } from './alias.ts';

/** A pod as an agent names it. The UID is exact for all time; namespace and name may be used again. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** A workload: the Deployment, StatefulSet, DaemonSet or CronJob that owns a pod, else its last owner, else the pod. */
export interface WorkloadRef {
  readonly namespace: string;
  /** Kubernetes kind: Deployment, StatefulSet, DaemonSet, CronJob, Job, Pod, or any other controller's. */
  readonly kind: string;
  readonly name: string;
}

export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Why an address could not be given a name.
 * - `pod-cidr`, `service-cidr`: it lies where pods, or Services, get theirs from, and nobody is known to have had it
 * - `duplicate-address`: several had it at that moment, as far as the cluster's state tells
 * - `special-address`: loopback, link-local, multicast and the like, which mean something else everywhere
 * - `hidden`: it has a name that whoever asks may not see; the address stands for none
 */
export const unresolvedReasons = [
  'pod-cidr',
  'service-cidr',
  'duplicate-address',
  'special-address',
  'hidden',
] as const;
export type UnresolvedReason = (typeof unresolvedReasons)[number];

/** One end of an edge in the workload graph. Only `workload` ends can have policies of their own. */
export type Entity =
  | ({ readonly type: 'workload' } & WorkloadRef)
  /** A Service whose address was called while no workload, or more than one, was behind it. */
  | ({ readonly type: 'service' } & ServiceRef)
  /** A node, or a pod that shares its node's network. */
  | { readonly type: 'node'; readonly name: string }
  /** An address outside the cluster; with the alias that names it, once somebody asks for it. */
  | { readonly type: 'external'; readonly address: Address; readonly alias?: AliasTag }
  | { readonly type: 'unresolved'; readonly address: Address; readonly reason: UnresolvedReason };

/** `namespace/kind/name`: unique in a cluster; none of the parts can hold a slash. */
export function workloadKey(ref: WorkloadRef): string {
  return `${ref.namespace}/${ref.kind}/${ref.name}`;
}

/** A text that is equal for equal entities only, and sorts by type, then name. */
export function entityKey(entity: Entity): string {
  switch (entity.type) {
    case 'workload':
      return `workload:${workloadKey(entity)}`;
    case 'service':
      return `service:${entity.namespace}/${entity.name}`;
    case 'node':
      return `node:${entity.name}`;
    case 'external':
      return `external:${entity.address}`;
    case 'unresolved':
      return `unresolved:${entity.address}`;
  }
}

/** The namespace an entity lives in; null for what stands outside all namespaces. */
export function namespaceOf(entity: Entity): string | null {
  return entity.type === 'workload' || entity.type === 'service' ? entity.namespace : null;
}

/** How people read an entity: `shop/deployment/cart`, `service shop/cart`, `node n1`, `203.0.113.7`, `bank 203.0.113.7`. */
export function entityLabel(entity: Entity): string {
  switch (entity.type) {
    case 'workload':
      return `${entity.namespace}/${entity.kind.toLowerCase()}/${entity.name}`;
    case 'service':
      return `service ${entity.namespace}/${entity.name}`;
    case 'node':
      return `node ${entity.name}`;
    case 'external':
      return entity.alias === undefined ? entity.address : `${entity.alias.name} ${entity.address}`;
    case 'unresolved':
      return entity.reason === 'hidden' ? '(hidden)' : `${entity.address} (unresolved)`;
  }
}
