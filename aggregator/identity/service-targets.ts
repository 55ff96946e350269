import { type Address, parseAddress } from '../../core/address.ts';
import type { Protocol } from '../../core/flow.ts';
import { type Entity, entityKey } from '../../core/identity.ts';
import type { EndpointSlice, Pod, Service, ServicePort } from '../../core/kubernetes.ts';
import { entityOfPod, portKey, type ServiceIdentity, type Target } from './holders.ts';
import type { IndexedPod, PodIndex } from './pod-index.ts';

/** The label by which an EndpointSlice names its Service. */
const serviceNameLabel = 'kubernetes.io/service-name';

/** EndpointSlices by `namespace/name` of their Service. */
export function slicesByService(slices: readonly EndpointSlice[]): ReadonlyMap<string, readonly EndpointSlice[]> {
  const byService = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const { namespace, labels } = slice.metadata;
    const key = `${namespace}/${labels[serviceNameLabel] ?? ''}`;
    const beside = byService.get(key);
    if (beside === undefined) byService.set(key, [slice]);
    else beside.push(slice);
  }
  return byService;
}

/** The number behind a target port on one pod; null when the pod has no port of that name. */
function numberOfTargetPort({ port, targetPort, protocol = 'TCP' }: ServicePort, pod: Pod): number | null {
  if (targetPort === undefined || targetPort === 0 || targetPort === '') return port;
  if (typeof targetPort === 'number') return targetPort;
  for (const { ports } of pod.spec.containers) {
    const named = ports?.find((each) => each.name === targetPort && (each.protocol ?? 'TCP') === protocol);
    if (named !== undefined) return named.containerPort;
  }
  return null;
}

function selectedPods(service: Service, pods: PodIndex): readonly IndexedPod[] {
  const selector = Object.entries(service.spec.selector ?? {});
  if (selector.length === 0) return [];
  const beside = pods.byNamespace.get(service.metadata.namespace) ?? [];
  return beside.filter(({ pod }) => selector.every(([key, value]) => pod.metadata.labels[key] === value));
}

function targetsBySelector(port: ServicePort, selected: readonly IndexedPod[]): Target[] {
  return selected.flatMap(({ pod, identity }) => {
    const number = numberOfTargetPort(port, pod);
    return number === null ? [] : [{ entity: entityOfPod(identity), port: number }];
  });
}

type Endpoint = EndpointSlice['endpoints'][number];

function entityOfEndpoint(endpoint: Endpoint, pods: PodIndex, nodes: ReadonlyMap<Address, string>): Entity | null {
  const { targetRef } = endpoint;
  const named = targetRef?.kind === 'Pod' ? pods.byName.get(`${targetRef.namespace}/${targetRef.name}`) : undefined;
  if (named !== undefined) return entityOfPod(named.identity);
  const address = parseAddress(endpoint.addresses[0] ?? '');
  if (address === null) return null;
  const pod = pods.byAddress.get(address);
  if (pod !== undefined) return entityOfPod(pod.identity);
  const node = nodes.get(address);
  return node === undefined ? { type: 'external', address } : { type: 'node', name: node };
}

function targetsBySlices(
  port: ServicePort,
  slices: readonly EndpointSlice[],
  pods: PodIndex,
  nodes: ReadonlyMap<Address, string>,
): Target[] {
  return slices.flatMap((slice) => {
    const served = slice.ports.find(
      ({ name, protocol }) => (name ?? '') === (port.name ?? '') && (protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    );
    const number = served?.port;
    if (number === undefined) return [];
    return slice.endpoints.flatMap((endpoint) => {
      const entity = entityOfEndpoint(endpoint, pods, nodes);
      return entity === null ? [] : [{ entity, port: number }];
    });
  });
}

function distinct(targets: readonly Target[]): Target[] {
  const byKey = new Map(targets.map((target) => [`${entityKey(target.entity)} ${target.port}`, target]));
  return [...byKey.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, target]) => target);
}

/**
 * What is behind each port of a Service. Its EndpointSlices say it where they name any endpoint, ready or not: which
 * replica is ready changes by the second, which workload is behind does not. Without them its selector says it.
 */
export function identifyService(
  service: Service,
  slices: readonly EndpointSlice[],
  pods: PodIndex,
  nodes: ReadonlyMap<Address, string>,
): ServiceIdentity {
  const { namespace, name } = service.metadata;
  const bySlices = slices.some(({ endpoints }) => endpoints.length > 0);
  const selected = bySlices ? [] : selectedPods(service, pods);
  const targets = new Map<string, readonly Target[]>();
  for (const port of service.spec.ports ?? []) {
    const found = bySlices ? targetsBySlices(port, slices, pods, nodes) : targetsBySelector(port, selected);
    targets.set(portKey((port.protocol ?? 'TCP') as Protocol, port.port), distinct(found));
  }
  return { ref: { namespace, name }, targets };
}
