import type { PodSpec, PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import type { NewObject, StoredObject } from '../../lab/kube-api/object-store.ts';
import { accountMount, accountVolume } from './kubelet-volumes.ts';

/* What the controllers of DaemonSets and StatefulSets do, where there is one node and each has one replica. */

interface WorkloadSpec {
  readonly template: PodTemplateSpec;
  readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
}

/** The only node. */
export const nodeName = 'n1';

export interface PodObject extends NewObject {
  readonly metadata: NewObject['metadata'] & { readonly namespace: string; readonly labels: Record<string, string> };
  readonly spec: PodSpec;
  readonly status: object;
}

export function podNameOf({ kind, metadata }: StoredObject): string {
  return `${metadata.name}-${kind === 'StatefulSet' ? '0' : nodeName}`;
}

/** The pod of a workload, as `namespace/name`. */
export function podIdOf(workload: StoredObject): string {
  return `${workload.metadata.namespace}/${podNameOf(workload)}`;
}

/** Whether two states of a workload make the same pods. */
export function samePods(before: StoredObject | null, after: StoredObject): boolean {
  const template = (workload: StoredObject | null) =>
    JSON.stringify((workload?.['spec'] as WorkloadSpec | undefined)?.template);
  return template(before) === template(after);
}

/** Whether the status of a workload is of its latest change. */
export function isObserved({ metadata, status }: StoredObject): boolean {
  return (status as { observedGeneration?: unknown } | undefined)?.observedGeneration === metadata['generation'];
}

/** The volumes that an API server and a controller add to those of the template. */
function withVolumes(name: string, { template, volumeClaimTemplates = [] }: WorkloadSpec): PodSpec {
  const spec = template.spec as PodSpec;
  const claims = volumeClaimTemplates.map(({ metadata }) => metadata.name);
  const claimed = claims.map((claim) => ({ name: claim, persistentVolumeClaim: { claimName: `${claim}-${name}` } }));
  const volumes = [...(spec.volumes ?? []), ...claimed];
  if (spec.automountServiceAccountToken === false) return { ...spec, nodeName, volumes };
  const containers = spec.containers.map((container) => ({
    ...container,
    volumeMounts: [...(container.volumeMounts ?? []), accountMount],
  }));
  return { ...spec, nodeName, containers, volumes: [...volumes, accountVolume] };
}

/** The pod that a workload is to have, on the node. */
export function podOf(workload: StoredObject, uid: string, address: string, hostAddress: string): PodObject {
  const { apiVersion, kind, metadata } = workload;
  const spec = workload['spec'] as WorkloadSpec;
  const name = podNameOf(workload);
  const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: metadata.namespace ?? '',
      uid,
      creationTimestamp: new Date().toISOString(),
      labels: { ...spec.template.metadata?.labels },
      ownerReferences: [owner],
    },
    spec: withVolumes(name, spec),
    status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }], hostIP: hostAddress },
  };
}

/** The status of a workload all of whose pods are as it wants them, and ready. */
export function readyStatusOf({ kind, metadata }: StoredObject): object {
  const observedGeneration = metadata['generation'];
  const revision = `r${String(observedGeneration)}`;
  if (kind === 'StatefulSet') {
    const counts = { replicas: 1, readyReplicas: 1, currentReplicas: 1, updatedReplicas: 1, availableReplicas: 1 };
    return { observedGeneration, ...counts, currentRevision: revision, updateRevision: revision };
  }
  const scheduled = { desiredNumberScheduled: 1, currentNumberScheduled: 1, updatedNumberScheduled: 1 };
  return { observedGeneration, ...scheduled, numberAvailable: 1, numberReady: 1, numberMisscheduled: 0 };
}
