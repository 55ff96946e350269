import type { Address } from '../../core/address.ts';
import type { FlowRecord } from '../../core/flow.ts';
import type { Entity, ServiceRef, UnresolvedReason } from '../../core/identity.ts';
import { distinctEnds, portKey, type ServiceState } from './holders.ts';

/** What a record says of the far end. */
export type RemoteEnd = Pick<FlowRecord, 'pod' | 'role' | 'remote' | 'port' | 'protocol' | 'seenAs' | 'lastSeenUnixMs'>;

/** The far end of a flow, with a name. */
export interface RemotePeer {
  readonly entity: Entity;
  /** The port on the server's pod; the Service's own where the pod is not known. */
  readonly port: number;
  /** The Service through which the far end was reached. */
  readonly service: ServiceRef | null;
  /** Addresses of which the cluster's state may only be late to show whose they are. */
  readonly waitsFor: readonly Address[];
}

const nobody: readonly never[] = [];

/** A far end that is known as well as it will ever be. */
export function settled(entity: Entity, port: number): RemotePeer {
  return { entity, port, service: null, waitsFor: nobody };
}

/** A far end that nobody is known to be. */
export function unresolved(address: Address, port: number, reason: UnresolvedReason): RemotePeer {
  const waitsFor = reason === 'pod-cidr' || reason === 'service-cidr' ? [address] : nobody;
  return { entity: { type: 'unresolved', address, reason }, port, service: null, waitsFor };
}

/**
 * The far end of a flow with a Service's address. A client's report names the workload behind it, with the port there,
 * if it is the only one. If several are behind it, the report does not say which was reached: it stays with the Service,
 * and the servers' own reports name the workloads. Each report is thus counted in exactly one edge.
 *
 * @param states of the Service at the moment and a little later: the first that has anything behind the port counts
 */
export function throughService(
  { role, protocol, port, remote }: RemoteEnd,
  servicePort: number,
  states: readonly [ServiceState, ...ServiceState[]],
): RemotePeer {
  const { ref } = states[0];
  if (role === 'server') return settled({ type: 'service', ...ref }, port);
  const key = portKey(protocol, servicePort);
  const behind = states.map(({ targets }) => targets.get(key) ?? []).find(({ length }) => length > 0) ?? [];
  const [only, ...others] = distinctEnds(behind);
  if (only !== undefined && others.length === 0) return { ...only, service: ref, waitsFor: nobody };
  const waitsFor = behind.length > 0 ? [] : [remote];
  return { entity: { type: 'service', ...ref }, port: servicePort, service: ref, waitsFor };
}
