import type { Cluster } from './cluster.ts';
import { backendsOf, targetPortOn } from './kube-proxy.ts';
import { type Manifest, timestamp } from './manifest.ts';
import { suffixOf } from './names.ts';
import type { ServiceSpec } from './workload-spec.ts';

function service(cluster: Cluster, spec: ServiceSpec): Manifest {
  const external = spec.ports.some((port) => port.nodePort !== undefined);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: spec.name,
      namespace: spec.namespace,
      uid: cluster.uidOf('Service', spec.namespace, spec.name),
      creationTimestamp: timestamp(cluster.createdAt),
      labels: { 'app.kubernetes.io/name': spec.name },
    },
    spec: {
      clusterIP: spec.clusterIp,
      clusterIPs: [spec.clusterIp],
      ...(external ? { externalTrafficPolicy: 'Local' } : {}),
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ports: spec.ports,
      selector: spec.selector,
      sessionAffinity: 'None',
      type: external ? 'NodePort' : 'ClusterIP',
    },
    status: { loadBalancer: {} },
  };
}

function endpointSlice(cluster: Cluster, spec: ServiceSpec): Manifest {
  const backends = backendsOf(cluster, spec);
  const name = `${spec.name}-${suffixOf(`${spec.namespace}/${spec.name}`, 5)}`;
  const first = backends[0];
  return {
    addressType: 'IPv4',
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace: spec.namespace,
      uid: cluster.uidOf('EndpointSlice', spec.namespace, name),
      creationTimestamp: timestamp(cluster.createdAt),
      labels: {
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': spec.name,
      },
    },
    endpoints: backends.map((pod) => ({
      addresses: [pod.address],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: pod.node,
      targetRef: { kind: 'Pod', name: pod.name, namespace: pod.namespace, uid: pod.uid },
    })),
    ports: spec.ports.map((port) => ({
      name: port.name,
      port: first === undefined ? undefined : (targetPortOn(first, port) ?? undefined),
      protocol: port.protocol,
    })),
  };
}

/** Services and the EndpointSlices behind them. */
export function serviceManifests(cluster: Cluster): Manifest[] {
  return cluster.topology.services.flatMap((spec) => [service(cluster, spec), endpointSlice(cluster, spec)]);
}
