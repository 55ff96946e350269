import type { Cluster, LabPod } from './cluster.ts';
import { containersOf, type Manifest, ownedBy, type OwnerReference, timestamp } from './manifest.ts';
import { controllerManifests } from './manifests-controllers.ts';
import { serviceManifests } from './manifests-services.ts';

function podOwner(cluster: Cluster, pod: LabPod): OwnerReference[] {
  const { kind, name, namespace } = pod.workload;
  switch (kind) {
    case 'Deployment':
      return [ownedBy(cluster, 'ReplicaSet', namespace, `${name}-${cluster.templateHash(pod.workload)}`)];
    case 'StatefulSet':
    case 'DaemonSet':
      return [ownedBy(cluster, kind, namespace, name)];
    case 'CronJob':
      return [ownedBy(cluster, 'Job', namespace, cluster.jobName(pod.workload))];
    case 'Pod':
      return [];
  }
}

function podManifest(cluster: Cluster, pod: LabPod): Manifest {
  const owners = podOwner(cluster, pod);
  const startTime = timestamp(pod.createdAt);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      uid: pod.uid,
      creationTimestamp: startTime,
      labels: pod.labels,
      ...(owners.length === 0 ? {} : { ownerReferences: owners }),
    },
    spec: {
      containers: containersOf(pod.workload),
      dnsPolicy: 'ClusterFirst',
      nodeName: pod.node,
      restartPolicy: pod.workload.kind === 'CronJob' ? 'OnFailure' : 'Always',
    },
    status: {
      conditions: [{ lastProbeTime: null, lastTransitionTime: startTime, status: 'True', type: 'Ready' }],
      hostIP: cluster.node(pod.node).address,
      phase: 'Running',
      podIP: pod.address,
      podIPs: [{ ip: pod.address }],
      qosClass: 'BestEffort',
      startTime,
    },
  };
}

function clusterWideManifests(cluster: Cluster): Manifest[] {
  const creationTimestamp = timestamp(cluster.createdAt);
  const namespaces = cluster.topology.namespaces.map(
    ({ name, labels }): Manifest => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name,
        uid: cluster.uidOf('Namespace', '', name),
        creationTimestamp,
        labels: { ...labels, 'kubernetes.io/metadata.name': name },
      },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    }),
  );
  const nodes = cluster.nodes.map(
    (node): Manifest => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: node.name,
        uid: node.uid,
        creationTimestamp,
        labels: { 'kubernetes.io/hostname': node.name, 'kubernetes.io/os': 'linux' },
      },
      spec: { podCIDR: node.podCidr, podCIDRs: [node.podCidr] },
      status: {
        addresses: [
          { address: node.address, type: 'InternalIP' },
          { address: node.name, type: 'Hostname' },
        ],
      },
    }),
  );
  return [...namespaces, ...nodes];
}

function policyManifests(cluster: Cluster): Manifest[] {
  return cluster.policies.map(({ metadata, spec }) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      uid: cluster.uidOf('NetworkPolicy', metadata.namespace, metadata.name),
      creationTimestamp: timestamp(cluster.createdAt),
      labels: metadata.labels,
    },
    spec,
  }));
}

/** Every object of the cluster as it is now. */
export function manifestsOf(cluster: Cluster): Manifest[] {
  return [
    ...clusterWideManifests(cluster),
    ...controllerManifests(cluster),
    ...cluster.pods.map((pod) => podManifest(cluster, pod)),
    ...serviceManifests(cluster),
    ...policyManifests(cluster),
  ];
}
