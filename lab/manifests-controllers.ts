import type { Cluster } from './cluster.ts';
import { containersOf, type Manifest, ownedBy, type OwnerReference, timestamp } from './manifest.ts';
import type { WorkloadSpec } from './workload-spec.ts';

interface Parts {
  readonly kind: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly owners: readonly OwnerReference[];
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: Readonly<Record<string, unknown>>;
}

function controller(cluster: Cluster, workload: WorkloadSpec, parts: Parts): Manifest {
  const { kind, name, labels, owners, spec, status } = parts;
  return {
    apiVersion: kind === 'Job' || kind === 'CronJob' ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: {
      name,
      namespace: workload.namespace,
      uid: cluster.uidOf(kind, workload.namespace, name),
      creationTimestamp: timestamp(cluster.createdAt),
      labels,
      ...(owners.length === 0 ? {} : { ownerReferences: owners }),
    },
    spec,
    status,
  };
}

function template(workload: WorkloadSpec, additional: Readonly<Record<string, string>> = {}): unknown {
  return {
    metadata: { labels: { ...workload.labels, ...additional } },
    spec: {
      containers: containersOf(workload),
      dnsPolicy: 'ClusterFirst',
      restartPolicy: workload.kind === 'CronJob' ? 'OnFailure' : 'Always',
    },
  };
}

/** The labels by which a controller finds its pods: those of the workload that no release changes. */
function selector(workload: WorkloadSpec): Readonly<Record<string, string>> {
  const { 'app.kubernetes.io/version': _, 'app.kubernetes.io/part-of': __, ...stable } = workload.labels;
  return stable;
}

function deployment(cluster: Cluster, workload: WorkloadSpec): Manifest[] {
  const hash = cluster.templateHash(workload);
  const hashLabel = { 'pod-template-hash': hash };
  const { replicas, name, namespace } = workload;
  const status = { availableReplicas: replicas, readyReplicas: replicas, replicas };
  return [
    controller(cluster, workload, {
      kind: 'Deployment',
      name,
      labels: workload.labels,
      owners: [],
      spec: { replicas, selector: { matchLabels: selector(workload) }, template: template(workload) },
      status,
    }),
    controller(cluster, workload, {
      kind: 'ReplicaSet',
      name: `${name}-${hash}`,
      labels: { ...workload.labels, ...hashLabel },
      owners: [ownedBy(cluster, 'Deployment', namespace, name)],
      spec: {
        replicas,
        selector: { matchLabels: { ...selector(workload), ...hashLabel } },
        template: template(workload, hashLabel),
      },
      status,
    }),
  ];
}

function cronJob(cluster: Cluster, workload: WorkloadSpec): Manifest[] {
  const { name, namespace, labels } = workload;
  const job = cluster.jobName(workload);
  const jobLabels = cluster.jobLabels(namespace, job);
  const lastScheduleTime = timestamp(cluster.createdAt);
  return [
    controller(cluster, workload, {
      kind: 'CronJob',
      name,
      labels,
      owners: [],
      spec: {
        concurrencyPolicy: 'Forbid',
        jobTemplate: { spec: { template: template(workload) } },
        schedule: '*/30 * * * *',
      },
      status: { lastScheduleTime },
    }),
    controller(cluster, workload, {
      kind: 'Job',
      name: job,
      labels: { ...labels, ...jobLabels },
      owners: [ownedBy(cluster, 'CronJob', namespace, name)],
      spec: {
        completions: 1,
        parallelism: 1,
        selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': cluster.uidOf('Job', namespace, job) } },
        template: template(workload, jobLabels),
      },
      status: { active: 1, startTime: lastScheduleTime },
    }),
  ];
}

/** StatefulSet and DaemonSet make their pods themselves. */
function direct(cluster: Cluster, workload: WorkloadSpec): Manifest[] {
  const pods = cluster.podsOf(workload).length;
  const stateful = workload.kind === 'StatefulSet';
  return [
    controller(cluster, workload, {
      kind: workload.kind,
      name: workload.name,
      labels: workload.labels,
      owners: [],
      spec: {
        ...(stateful ? { replicas: pods, serviceName: workload.name } : {}),
        selector: { matchLabels: selector(workload) },
        template: template(workload),
      },
      status: stateful ? { readyReplicas: pods, replicas: pods } : { desiredNumberScheduled: pods, numberReady: pods },
    }),
  ];
}

/** The controllers of all workloads; a bare Pod has none. */
export function controllerManifests(cluster: Cluster): Manifest[] {
  return cluster.topology.workloads.flatMap((workload) => {
    switch (workload.kind) {
      case 'Deployment':
        return deployment(cluster, workload);
      case 'CronJob':
        return cronJob(cluster, workload);
      case 'StatefulSet':
      case 'DaemonSet':
        return direct(cluster, workload);
      case 'Pod':
        return [];
    }
  });
}
