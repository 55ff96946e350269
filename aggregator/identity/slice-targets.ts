import { parseAddress } from '../../core/address.ts';
import type { Protocol } from '../../core/flow.ts';
import type { EndpointSlice, Service, ServicePort } from '../../core/kubernetes.ts';
import type { Contribution } from './backends.ts';
import { type Backend, portKey, type Target, targetKey } from './holders.ts';
import type { Nodes } from './nodes.ts';
import type { Pods } from './pods.ts';

type Endpoint = EndpointSlice['endpoints'][number];

/** Who an endpoint is, and by what another answer will be known: a pod's `namespace/name`, or an address. */
interface Found {
  readonly backend: Backend | null;
  readonly waitsFor?: string;
}

function backendOfEndpoint({ targetRef, address: text }: Endpoint, pods: Pods, nodes: Nodes): Found {
  const address = parseAddress(text);
  const unknown: Backend | null = address === null ? null : { type: 'external', address };
  if (targetRef?.kind === 'Pod') {
    const { namespace, name, uid } = targetRef;
    const named = (uid && pods.byRef({ namespace, name, uid })) || pods.byName(namespace, name);
    // Until the pod is known, its address stands for somebody besides those that are known.
    return named ? { backend: named.backend } : { backend: unknown, waitsFor: `${namespace}/${name}` };
  }
  if (address === null) return { backend: null };
  const pod = pods.holder(address);
  if (pod !== undefined) return { backend: pod.backend, waitsFor: address };
  const node = nodes.holder(address);
  return { backend: node === undefined ? unknown : { type: 'node', name: node }, waitsFor: address };
}

/** The number of a Service's port on a slice's endpoints; undefined where the slice does not serve it. */
function servedPort(slice: EndpointSlice, { name, protocol }: ServicePort): number | undefined {
  const served = slice.ports.find(
    (each) => (each.name ?? '') === (name ?? '') && (each.protocol ?? 'TCP') === (protocol ?? 'TCP'),
  );
  return served?.port;
}

export interface SliceReading {
  readonly contribution: Contribution;
  /** Names and addresses of pods that change the answer when they come, the addresses also when they go. */
  readonly waitsFor: readonly string[];
}

/** What an EndpointSlice puts behind a Service: every endpoint, ready or not, because which are ready changes by the second. */
export function readSlice(service: Service, slice: EndpointSlice, pods: Pods, nodes: Nodes): SliceReading {
  const found = slice.endpoints.map((endpoint) => backendOfEndpoint(endpoint, pods, nodes));
  const backends = [...new Set(found.map(({ backend }) => backend).filter((backend) => backend !== null))];
  const contribution = new Map<string, readonly Target[]>();
  for (const port of service.spec.ports ?? []) {
    const number = servedPort(slice, port);
    if (number === undefined) continue;
    const targets = backends.map((backend) => ({ backend, port: number }));
    contribution.set(portKey((port.protocol ?? 'TCP') as Protocol, port.port), distinct(targets));
  }
  return { contribution, waitsFor: found.flatMap(({ waitsFor }) => waitsFor ?? []) };
}

function distinct(targets: readonly Target[]): Target[] {
  return [...new Map(targets.map((target) => [targetKey(target), target])).values()];
}
