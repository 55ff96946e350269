import { randomUUID } from 'node:crypto';
import type { PodSpec, PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import { suffixOf } from '../../lab/names.ts';
import type { NewObject, StoredObject } from '../../lab/kube-api/object-store.ts';
import { accountMount, accountVolume } from './kubelet-volumes.ts';

/** What a workload says of its pods. */
export interface WorkloadSpec {
  readonly replicas?: number;
  readonly template: PodTemplateSpec;
  readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
}

/** The only node. */
export const nodeName = 'n1';

export interface PodObject extends NewObject {
  readonly metadata: NewObject['metadata'] & {
    readonly namespace: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: PodSpec;
}

export function specOf(workload: StoredObject): WorkloadSpec {
  return workload['spec'] as WorkloadSpec;
}

/** By which label a pod is known to be of a workload's present template. */
export const revisionLabel = 'controller-revision-hash';

/** What tells templates apart, as it stands in labels and names. */
export function hashOf({ template }: Pick<WorkloadSpec, 'template'>): string {
  return suffixOf(JSON.stringify(template), 10);
}

/** The volumes that an API server and a controller add to those of the template. */
function withVolumes(name: string, { template, volumeClaimTemplates = [] }: WorkloadSpec): PodSpec {
  const spec = template.spec as PodSpec;
  const claims = volumeClaimTemplates.map(({ metadata }) => metadata.name);
  const claimed = claims.map((claim) => ({ name: claim, persistentVolumeClaim: { claimName: `${claim}-${name}` } }));
  const volumes = [...(spec.volumes ?? []), ...claimed];
  if (spec.automountServiceAccountToken === false) return { ...spec, volumes };
  const containers = spec.containers.map((container) => ({
    ...container,
    volumeMounts: [...(container.volumeMounts ?? []), accountMount],
  }));
  return { ...spec, containers, volumes: [...volumes, accountVolume] };
}

export function ownerOf({ apiVersion, kind, metadata }: StoredObject) {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
}

/** A pod of a workload, on no node yet but for those that are made for a node. @param name made up when absent */
export function podOf(workload: StoredObject, name?: string): PodObject {
  const { metadata } = workload;
  const spec = specOf(workload);
  const uid = randomUUID();
  const own = name ?? `${metadata.name}-${suffixOf(uid, 5)}`;
  const revision = workload.kind === 'ReplicaSet' ? {} : { [revisionLabel]: hashOf(spec) };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: own,
      namespace: metadata.namespace ?? '',
      uid,
      creationTimestamp: new Date().toISOString(),
      labels: { ...spec.template.metadata?.labels, ...revision },
      ownerReferences: [ownerOf(workload)],
    },
    spec: { ...withVolumes(own, spec), ...(workload.kind === 'DaemonSet' ? { nodeName } : {}) },
  };
}
