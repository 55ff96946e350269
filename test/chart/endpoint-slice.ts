import type { NewObject, StoredObject } from '../../lab/kube-api/object-store.ts';
import { addressOf, hasLabels, isReady } from './object-states.ts';
import { isEnding } from '../../lab/kube-api/pod-end.ts';
import { nodeName, ownerOf } from './workload-pods.ts';

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  readonly targetRef: { readonly kind: 'Pod'; readonly namespace: string; readonly name: string; readonly uid: string };
  readonly nodeName: string;
}

interface ServiceSpec {
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[];
}

interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
}

function portOf(pod: StoredObject | undefined, wanted: number | string): number | undefined {
  if (typeof wanted === 'number') return wanted;
  const { containers } = (pod?.['spec'] ?? { containers: [] }) as {
    readonly containers: readonly { readonly ports?: readonly ContainerPort[] }[];
  };
  return containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === wanted)?.containerPort;
}

/** What is behind a Service, and whether it takes new connections; null for one that selects nothing. */
export function endpointSliceOf(service: StoredObject, pods: readonly StoredObject[]): NewObject | null {
  const { selector, ports } = service['spec'] as ServiceSpec;
  if (selector === undefined) return null;
  const { name, namespace = '' } = service.metadata;
  const behind = pods.filter((pod) => pod.metadata.namespace === namespace && hasLabels(pod, selector));
  const endpoints = behind.flatMap((pod): Endpoint[] => {
    const address = addressOf(pod);
    if (address === null) return [];
    const [serving, terminating] = [isReady(pod), isEnding(pod)];
    const targetRef = { kind: 'Pod' as const, namespace, name: pod.metadata.name, uid: pod.metadata.uid };
    const conditions = { ready: serving && !terminating, serving, terminating };
    return [{ addresses: [address], conditions, targetRef, nodeName }];
  });
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-slice`,
      namespace,
      labels: { 'kubernetes.io/service-name': name },
      ownerReferences: [ownerOf(service)],
    },
    addressType: 'IPv4',
    endpoints,
    ports: ports.map(({ protocol = 'TCP', ...port }) => ({
      name: port.name ?? '',
      protocol,
      port: portOf(behind[0], (port as { readonly targetPort?: number | string }).targetPort ?? port.port),
    })),
  };
}
