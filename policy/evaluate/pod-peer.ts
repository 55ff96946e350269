import { parseAddress } from '../../core/address.ts';
import {
  type ContainerPort,
  type Namespace,
  namespaceLabels,
  type Pod,
  type PodSpec,
  podAddresses,
} from '../../core/kubernetes.ts';
import type { Workload } from '../../core/workload.ts';
import type { PodPeer } from './query.ts';

/** The declared ports of all containers of a pod. */
export function containerPorts(spec: PodSpec): ContainerPort[] {
  return spec.containers.flatMap((container) => container.ports ?? []);
}

/** @param namespace the pod's own; may be missing, its name label is implied */
export function podPeer(pod: Pod, namespace: Namespace | undefined): PodPeer {
  return {
    type: 'pod',
    namespace: pod.metadata.namespace,
    name: pod.metadata.name,
    labels: pod.metadata.labels,
    namespaceLabels: namespaceLabels(pod.metadata.namespace, namespace),
    addresses: podAddresses(pod).flatMap((text) => parseAddress(text) ?? []),
    ports: containerPorts(pod.spec),
    hostNetwork: pod.spec.hostNetwork ?? false,
    nodeName: pod.spec.nodeName ?? null,
  };
}

/** The pod that a workload's template would make next. */
export function templatePeer(workload: Workload, namespace: Namespace | undefined): PodPeer {
  return {
    type: 'pod',
    namespace: workload.ref.namespace,
    name: workload.ref.name,
    labels: workload.labels,
    namespaceLabels: namespaceLabels(workload.ref.namespace, namespace),
    addresses: [],
    ports: containerPorts(workload.spec),
    hostNetwork: workload.spec.hostNetwork ?? false,
    nodeName: null,
  };
}
