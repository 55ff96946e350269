import type { PodRef } from '../core/identity.ts';

/** A made-up cluster as its API would tell it: the size of it, and each object as the line of a watch. */
export interface ClusterSize {
  readonly pods: number;
  readonly nodes: number;
  /** Pods that one ReplicaSet has. */
  readonly replicas: number;
  readonly namespaces: number;
}

const created = '2026-03-01T10:00:00Z';
const digest = '0123456789abcdef'.repeat(4);

export function podAddress(pod: number): string {
  return `10.${pod >> 16}.${(pod >> 8) & 255}.${pod & 255}`;
}

export function podUid(pod: number, incarnation: number): string {
  return `3b1c0e6a-8f9d-4c6e-${String(incarnation).padStart(4, '0')}-${String(pod).padStart(12, '0')}`;
}

export function serviceAddress(workload: number): string {
  return `172.20.${(workload >> 8) & 255}.${workload & 255}`;
}

/** A pod of the first incarnation as agents name it. */
export function podRef(pod: number, size: ClusterSize): PodRef {
  const { namespace, replicaSet } = namesOf(pod, size);
  return { namespace, name: podName(pod, replicaSet), uid: podUid(pod, 0) };
}

function podName(pod: number, replicaSet: string): string {
  return `${replicaSet}-${pod.toString(36).padStart(5, '0')}`;
}

/** Names of the workload that a pod belongs to. */
function namesOf(pod: number, { replicas, namespaces }: ClusterSize) {
  const workload = Math.floor(pod / replicas);
  return {
    namespace: `team-${workload % namespaces}`,
    deployment: `service-${workload}`,
    replicaSet: `service-${workload}-7d9f8b6c5d`,
  };
}

function labelsOf(deployment: string) {
  return {
    app: deployment,
    'app.kubernetes.io/name': deployment,
    'app.kubernetes.io/part-of': 'shop',
    'app.kubernetes.io/managed-by': 'Helm',
    'pod-template-hash': '7d9f8b6c5d',
  };
}

/** What the server notes of who set which field: a third of every object, and of no use to us. */
const managedFields = ['kube-controller-manager', 'kubelet'].map((manager) => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  time: created,
  fieldsType: 'FieldsV1',
  fieldsV1: {
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {}, 'f:pod-template-hash': {} }, 'f:ownerReferences': { '.': {} } },
    'f:spec': {
      'f:containers': {
        'k:{"name":"main"}': {
          '.': {},
          'f:image': {},
          'f:name': {},
          'f:ports': { '.': {}, 'k:{"containerPort":8080,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
          'f:resources': {},
        },
      },
      'f:dnsPolicy': {},
      'f:restartPolicy': {},
      'f:schedulerName': {},
    },
  },
}));

const token = 'kube-api-access';
const conditionTypes = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];

function specOf(deployment: string) {
  return {
    volumes: [{ name: token, projected: { sources: [{ serviceAccountToken: { path: 'token' } }], defaultMode: 420 } }],
    containers: [
      {
        name: 'main',
        image: `registry.example.com/shop/${deployment}:1.2.3`,
        ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
        env: [
          { name: 'LOG_LEVEL', value: 'info' },
          { name: 'POD_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
        ],
        resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m', memory: '128Mi' } },
        volumeMounts: [{ name: token, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
        imagePullPolicy: 'IfNotPresent',
      },
    ],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'default',
    securityContext: {},
    schedulerName: 'default-scheduler',
    tolerations: [
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ],
    enableServiceLinks: true,
  };
}

/** The line of a watch that tells of a pod. @param incarnation of pods that follow each other under one name */
export function podLine(type: string, pod: number, incarnation: number, address: string, size: ClusterSize): string {
  const { namespace, deployment, replicaSet } = namesOf(pod, size);
  const metadata = {
    name: `${replicaSet}-${pod.toString(36).padStart(5, '0')}`,
    generateName: `${replicaSet}-`,
    namespace,
    uid: podUid(pod, incarnation),
    resourceVersion: String(1_000_000 + pod),
    creationTimestamp: created,
    labels: labelsOf(deployment),
    annotations: { 'cni.projectcalico.org/podIP': `${address}/32`, 'prometheus.io/scrape': 'true' },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: replicaSet, uid: `uid-${replicaSet}`, controller: true },
    ],
    managedFields,
  };
  const status = {
    phase: 'Running',
    conditions: conditionTypes.map((each) => ({ type: each, status: 'True', lastTransitionTime: created })),
    hostIP: '172.16.0.1',
    podIP: address,
    podIPs: [{ ip: address }],
    startTime: created,
    containerStatuses: [
      {
        name: 'main',
        state: { running: { startedAt: created } },
        ready: true,
        restartCount: 0,
        imageID: `registry.example.com/shop/${deployment}@sha256:${digest}`,
        containerID: `containerd://${digest}`,
      },
    ],
    qosClass: 'Burstable',
  };
  const spec = { ...specOf(deployment), nodeName: `node-${pod % size.nodes}` };
  return JSON.stringify({ type, object: { apiVersion: 'v1', kind: 'Pod', metadata, spec, status } });
}

function added(object: object): string {
  return JSON.stringify({ type: 'ADDED', object });
}

function* workloadLines(workload: number, size: ClusterSize): Generator<string> {
  const first = workload * size.replicas;
  const { namespace, deployment, replicaSet } = namesOf(first, size);
  const labels = labelsOf(deployment);
  const template = { metadata: { labels }, spec: specOf(deployment) };
  const meta = (name: string, more: object = {}) => ({ name, namespace, uid: `uid-${name}`, labels, ...more });
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name: deployment,
    uid: `uid-${deployment}`,
    controller: true,
  };
  const apps = { apiVersion: 'apps/v1', spec: { template } };
  yield added({ ...apps, kind: 'Deployment', metadata: meta(deployment) });
  yield added({ ...apps, kind: 'ReplicaSet', metadata: meta(replicaSet, { ownerReferences: [owner] }) });
  const clusterIP = serviceAddress(workload);
  const ports = [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }];
  const spec = { clusterIP, clusterIPs: [clusterIP], ports, selector: { app: deployment } };
  yield added({ apiVersion: 'v1', kind: 'Service', metadata: meta(deployment), spec, status: {} });
  const endpoints = Array.from({ length: Math.min(size.replicas, size.pods - first) }, (_, i) => ({
    addresses: [podAddress(first + i)],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `node-${(first + i) % size.nodes}`,
    targetRef: {
      kind: 'Pod',
      namespace,
      name: podName(first + i, replicaSet),
      uid: podUid(first + i, 0),
    },
  }));
  const sliceMeta = meta(`${deployment}-x7k2p`, { labels: { 'kubernetes.io/service-name': deployment } });
  const slice = { addressType: 'IPv4', endpoints, ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] };
  yield added({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: sliceMeta, ...slice });
}

/** Every object of the cluster: nodes, pods, and for each workload its Deployment, ReplicaSet, Service and slice. */
export function* clusterLines(size: ClusterSize): Generator<string> {
  for (let node = 0; node < size.nodes; node++) {
    const address = `172.16.${node >> 8}.${node & 255}`;
    const status = {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: `node-${node}` },
      ],
    };
    const annotations = { 'projectcalico.org/IPv4Address': `${address}/16` };
    const metadata = { name: `node-${node}`, uid: `uid-node-${node}`, annotations, creationTimestamp: created };
    yield added({ apiVersion: 'v1', kind: 'Node', metadata, spec: {}, status });
  }
  for (let pod = 0; pod < size.pods; pod++) yield podLine('ADDED', pod, 0, podAddress(pod), size);
  for (let workload = 0; workload * size.replicas < size.pods; workload++) yield* workloadLines(workload, size);
}
