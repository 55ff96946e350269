import type { StoredObject } from '../../lab/kube-api/object-store.ts';
import { isEnding } from '../../lab/kube-api/pod-end.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { isReady } from './object-states.ts';
import { hashOf, nodeName, revisionLabel, specOf } from './workload-pods.ts';

/** The names of the pods of a DaemonSet, which has one on the node, or of a StatefulSet. */
function namesOf(set: StoredObject): string[] {
  const { name } = set.metadata;
  if (set.kind === 'DaemonSet') return [`${name}-${nodeName}`];
  return Array.from({ length: specOf(set).replicas ?? 1 }, (_, place) => `${name}-${place}`);
}

/** Keeps a pod of each name, of the present template. One that is to be replaced goes first: its name is needed. */
export function keepNamed(objects: ClusterObjects, set: StoredObject): void {
  const names = namesOf(set);
  const pods = objects.podsOf(set);
  const hash = hashOf(specOf(set));
  const isCurrent = ({ metadata }: StoredObject) =>
    names.includes(metadata.name) && metadata.labels?.[revisionLabel] === hash;
  for (const pod of pods) if (!isCurrent(pod)) objects.delete(pod);
  for (const name of names) if (!pods.some(({ metadata }) => metadata.name === name)) objects.makePod(set, name);
  const current = pods.filter((pod) => isCurrent(pod) && !isEnding(pod));
  const [count, updated, ready] = [pods.length, current.length, current.filter(isReady).length];
  if (set.kind === 'StatefulSet') {
    const counts = { replicas: count, readyReplicas: ready, currentReplicas: updated, updatedReplicas: updated };
    objects.tell(set, { ...counts, availableReplicas: ready, currentRevision: hash, updateRevision: hash });
  } else {
    const scheduled = { desiredNumberScheduled: names.length, currentNumberScheduled: count };
    const counts = { updatedNumberScheduled: updated, numberAvailable: ready, numberReady: ready };
    objects.tell(set, { ...scheduled, ...counts, numberMisscheduled: 0 });
  }
}

/** Keeps as many pods as a ReplicaSet wants; of too many those that are not ready go first. */
export function keepCount(objects: ClusterObjects, set: StoredObject): void {
  const { replicas = 1 } = specOf(set);
  const pods = objects.podsOf(set).filter((pod) => !isEnding(pod));
  for (let missing = replicas - pods.length; missing > 0; missing--) objects.makePod(set);
  const last = pods.toSorted((a, b) => Number(isReady(b)) - Number(isReady(a))).slice(replicas);
  for (const pod of last) objects.delete(pod);
  const ready = pods.filter(isReady).length;
  const counts = { replicas: pods.length, fullyLabeledReplicas: pods.length };
  objects.tell(set, { ...counts, readyReplicas: ready, availableReplicas: ready });
}
