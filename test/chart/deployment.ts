import type { NewObject, StoredObject } from '../../lab/kube-api/object-store.ts';
import { isEnding } from '../../lab/kube-api/pod-end.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { isOwnedBy, isReady } from './object-states.ts';
import { boundsOf, nextStep } from './rolling-update.ts';
import { hashOf, ownerOf, specOf } from './workload-pods.ts';

const hashLabel = 'pod-template-hash';

/** The ReplicaSet of a Deployment's present template, without pods yet. @param revision counted from 1 */
function replicaSetOf(deployment: StoredObject, hash: string, revision: number): NewObject {
  const { template } = specOf(deployment);
  const { name, namespace = '' } = deployment.metadata;
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      creationTimestamp: new Date().toISOString(),
      ownerReferences: [ownerOf(deployment)],
      generation: 1,
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** Takes a Deployment one step on towards pods of its present template, within the bounds of its strategy. */
export function roll(objects: ClusterObjects, deployment: StoredObject): void {
  const hash = hashOf(specOf(deployment));
  const sets = objects.all('ReplicaSet').filter((set) => isOwnedBy(set, deployment));
  const current = sets.find(({ metadata }) => metadata.labels?.[hashLabel] === hash);
  if (current === undefined) {
    objects.write(replicaSetOf(deployment, hash, sets.length + 1));
    return;
  }
  const stateOf = (set: StoredObject) => {
    const pods = objects.podsOf(set).filter((pod) => !isEnding(pod));
    return { wanted: specOf(set).replicas ?? 1, pods: pods.length, ready: pods.filter(isReady).length };
  };
  const old = sets.filter((set) => set !== current);
  const [own, others] = [stateOf(current), old.map(stateOf)];
  const bounds = boundsOf(deployment);
  const step = nextStep(bounds, own, others);
  objects.scale(current, step.current);
  for (const [place, set] of old.entries()) objects.scale(set, step.old[place] ?? 0);
  const sum = (of: 'pods' | 'ready') => [own, ...others].reduce((total, each) => total + each[of], 0);
  const [replicas, ready] = [sum('pods'), sum('ready')];
  const isDone = own.ready === bounds.replicas && replicas === bounds.replicas;
  objects.tell(deployment, {
    replicas,
    updatedReplicas: own.pods,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: Math.max(bounds.replicas - ready, 0),
    conditions: [
      { type: 'Available', status: ready >= bounds.leastReady ? 'True' : 'False' },
      { type: 'Progressing', status: 'True', reason: isDone ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated' },
    ],
  });
}
