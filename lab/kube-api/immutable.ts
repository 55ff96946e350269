import { dequal } from 'dequal';
import type { Fields } from '../../core/fields.ts';
import { fieldAt } from './field-at.ts';
import type { NewObject, StoredObject } from './object-store.ts';

/** What only one value is ever taken of; of a StatefulSet's spec all but what is named. */
const immutable: Readonly<Record<string, readonly string[]>> = {
  DaemonSet: ['spec.selector'],
  Deployment: ['spec.selector'],
  Service: ['spec.clusterIP'],
  Secret: ['type'],
  RoleBinding: ['roleRef'],
  ClusterRoleBinding: ['roleRef'],
};
const mutableOfStatefulSet = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

/** Where a change is of what may not be changed, a sentence each. */
export function changeFaults(live: StoredObject, wanted: NewObject): string[] {
  const changed = (immutable[wanted.kind] ?? []).filter((path) => !dequal(fieldAt(live, path), fieldAt(wanted, path)));
  const faults = changed.map((path) => `${path}: Invalid value: field is immutable`);
  if (wanted.kind !== 'StatefulSet') return faults;
  const fixed = ({ spec }: NewObject) =>
    Object.fromEntries(Object.entries(spec as Fields).filter(([name]) => !mutableOfStatefulSet.includes(name)));
  if (dequal(fixed(live), fixed(wanted))) return faults;
  return [
    ...faults,
    `spec: Forbidden: updates to statefulset spec for fields other than ${mutableOfStatefulSet.join(', ')} are forbidden`,
  ];
}
