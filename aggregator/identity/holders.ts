import type { Address } from '../../core/address.ts';
import type { Protocol } from '../../core/flow.ts';
import type { Entity, ServiceRef } from '../../core/identity.ts';
import { seenEnd, type Sight } from '../../core/sight.ts';
import { entityKey } from '../../core/identity.ts';
import { Owner } from './owners.ts';

/** What traffic to a port ends up at: an owner of pods, whose workload may become known later, or anything else. */
export type Backend = Owner | Exclude<Entity, { type: 'workload' }>;

export function entityOf(backend: Backend): Entity {
  return backend instanceof Owner ? backend.workload : backend;
}

/** Where traffic to one port of a Service ends up. */
export interface Target {
  readonly backend: Backend;
  /** The port that the backend listens on. */
  readonly port: number;
}

/** Equal for equal backends only, whatever becomes known of their workloads. */
export function keyOfBackend(backend: Backend): string {
  return entityKey(backend instanceof Owner ? backend.entity : backend);
}

/** As keyOfBackend. */
export function targetKey({ backend, port }: Target): string {
  return `${keyOfBackend(backend)} ${port}`;
}

/** What is behind a Service at one moment. */
export interface ServiceState {
  readonly ref: ServiceRef;
  readonly addresses: readonly Address[];
  /** By `protocol/port`, for every port of the Service. */
  readonly targets: ReadonlyMap<string, readonly Target[]>;
}

export function portKey(protocol: Protocol, port: number): string {
  return `${protocol}/${port}`;
}

/** What portKey made a key of. */
export function portOfKey(key: string): { readonly protocol: Protocol; readonly port: number } {
  const [protocol, port] = key.split('/') as [Protocol, string];
  return { protocol, port: Number(port) };
}

/** Every different entity and port behind a Service's port, in a fixed order. */
export function distinctEnds(
  targets: readonly Target[],
  sight: Sight = null,
): { readonly entity: Entity; readonly port: number }[] {
  const ends = targets.map(({ backend, port }) => ({ entity: seenEnd(entityOf(backend), sight), port }));
  const byKey = new Map(ends.map((end) => [`${entityKey(end.entity)} ${end.port}`, end]));
  return [...byKey.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, end]) => end);
}
