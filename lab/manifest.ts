import type { Cluster } from './cluster.ts';
import type { WorkloadSpec } from './workload-spec.ts';

/** An object in the form in which `kubectl get -o yaml` prints it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly OwnerReference[];
  };
  readonly [field: string]: unknown;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly blockOwnerDeletion: true;
  readonly controller: true;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** A reference to the object that made another. */
export function ownedBy(cluster: Cluster, kind: string, namespace: string, name: string): OwnerReference {
  const apiVersion = kind === 'Job' || kind === 'CronJob' ? 'batch/v1' : 'apps/v1';
  const uid = cluster.uidOf(kind, namespace, name);
  return { apiVersion, blockOwnerDeletion: true, controller: true, kind, name, uid };
}

/** The time format of the API: whole seconds. */
export function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

export function containersOf(workload: WorkloadSpec): unknown[] {
  const ports = workload.ports.map(({ name, port, protocol }) => ({ containerPort: port, name, protocol }));
  const image = { image: workload.image, imagePullPolicy: 'IfNotPresent', name: workload.name };
  return [ports.length === 0 ? image : { ...image, ports }];
}
