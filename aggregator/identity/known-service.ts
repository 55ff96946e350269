import { type Address, parseAddress } from '../../core/address.ts';
import type { Protocol } from '../../core/flow.ts';
import type { ServiceRef } from '../../core/identity.ts';
import type { EndpointSlice, Service } from '../../core/kubernetes.ts';
import { Backends } from './backends.ts';
import { portKey, type ServiceState, type Target } from './holders.ts';

/** A port of every node that leads to a Service. */
export interface NodePort {
  readonly known: KnownService;
  /** The Service's own port. */
  readonly port: number;
}

/** A Service as it was last seen, with what is behind it. */
export interface KnownService {
  readonly ref: ServiceRef;
  /** `namespace/name`. */
  readonly key: string;
  /** Null while only its slices are known, and when it is gone. */
  service: Service | null;
  /** By name. */
  readonly slices: Map<string, EndpointSlice>;
  /** By slice: what its reading waits for. */
  readonly waits: Map<string, readonly string[]>;
  backends: Backends;
  /** What it holds now. */
  addresses: readonly Address[];
  /** By `protocol/port` on the nodes. */
  nodePorts: ReadonlyMap<string, NodePort>;
  state: ServiceState | null;
}

const noPorts: ReadonlyMap<string, NodePort> = new Map();

export function newService(ref: ServiceRef): KnownService {
  const backends = new Backends();
  const [slices, waits] = [new Map<string, EndpointSlice>(), new Map<string, readonly string[]>()];
  const key = `${ref.namespace}/${ref.name}`;
  return { ref, key, service: null, slices, waits, backends, addresses: [], nodePorts: noPorts, state: null };
}

/** Where a Service is indexed while its selector says what is behind it: one of its labels; null while it does not. */
export function selectorKey({ service, slices }: KnownService): string | null {
  const label = Object.entries(service?.spec.selector ?? {})[0];
  return service === null || label === undefined || slices.size > 0
    ? null
    : labelKey(service.metadata.namespace, ...label);
}

export function labelKey(namespace: string, key: string, value: string): string {
  return `${namespace}/${key}=${value}`;
}

export function addressesOf({ spec, status }: Service): Address[] {
  const texts = [
    spec.clusterIP ?? '',
    ...(spec.clusterIPs ?? []),
    ...(spec.externalIPs ?? []),
    ...(status.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? ''),
  ];
  return [...new Set(texts.map(parseAddress).filter((address) => address !== null))];
}

export function nodePortsOf(known: KnownService): ReadonlyMap<string, NodePort> {
  const nodePorts = new Map<string, NodePort>();
  for (const { protocol = 'TCP', port, nodePort } of known.service?.spec.ports ?? []) {
    if (!nodePort) continue;
    const key = portKey(protocol as Protocol, nodePort);
    const before = known.nodePorts.get(key);
    nodePorts.set(key, before?.port === port ? before : { known, port });
  }
  return nodePorts.size === 0 ? noPorts : nodePorts;
}

/** What is behind each of its ports now. */
export function stateOf({ ref, service, backends, addresses }: KnownService): ServiceState | null {
  if (service === null) return null;
  const targets = new Map<string, readonly Target[]>();
  for (const { protocol = 'TCP', port } of service.spec.ports ?? []) {
    const key = portKey(protocol as Protocol, port);
    targets.set(key, backends.behind(key));
  }
  return { ref, addresses, targets };
}
