import type { Protocol } from '../../core/flow.ts';
import type { Entity, ServiceRef, WorkloadRef } from '../../core/identity.ts';

/** A pod as flows are attributed to it. */
export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly workload: WorkloadRef;
  /** Null until it is scheduled. */
  readonly node: string | null;
  readonly hostNetwork: boolean;
}

/** Where traffic to one port of a Service ends up. */
export interface Target {
  readonly entity: Entity;
  /** The port that the entity listens on. */
  readonly port: number;
}

/** A Service as its addresses are resolved. */
export interface ServiceIdentity {
  readonly ref: ServiceRef;
  /** By `protocol/port`: every different target, in a fixed order. */
  readonly targets: ReadonlyMap<string, readonly Target[]>;
}

export function portKey(protocol: Protocol, port: number): string {
  return `${protocol}/${port}`;
}

/** What traffic of a pod counts as: its workload, or its node when it shares the node's network. */
export function entityOfPod(pod: PodIdentity): Entity {
  if (pod.hostNetwork && pod.node !== null) return { type: 'node', name: pod.node };
  return { type: 'workload', ...pod.workload };
}
