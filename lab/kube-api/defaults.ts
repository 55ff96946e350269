import { dequal } from 'dequal';
import { type Fields, isFields } from '../../core/fields.ts';
import { fieldAt } from './field-at.ts';
import type { NewObject, ObjectStore, StoredObject } from './object-store.ts';

/** The first address of a Service that no other has. */
function freeAddress(store: ObjectStore): string {
  const taken = new Set(store.all().map((object) => fieldAt(object, 'spec.clusterIP')));
  let last = 1;
  while (taken.has(`10.96.1.${last}`)) last++;
  return `10.96.1.${last}`;
}

/** What clients that wait for a workload go by. */
const ofWorkload: Readonly<Record<string, Fields>> = {
  Deployment: {
    replicas: 1,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
  },
  StatefulSet: { replicas: 1, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } },
  DaemonSet: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } },
};

/** Fields with those that they lack, at every depth. */
function filledUp(given: Fields, defaults: Fields): Fields {
  const missing = Object.entries(defaults).map(([name, value]): [string, unknown] => {
    const own = given[name];
    return [name, isFields(own) && isFields(value) ? filledUp(own, value) : (own ?? value)];
  });
  return { ...given, ...Object.fromEntries(missing) };
}

/** An object with what the server fills in. @param live what it replaces */
export function withDefaults(store: ObjectStore, live: StoredObject | null, given: NewObject): NewObject {
  const ofSpec = given.apiVersion === 'apps/v1' ? ofWorkload[given.kind] : undefined;
  const wanted = ofSpec === undefined ? given : { ...given, spec: filledUp(given['spec'] as Fields, ofSpec) };
  const { kind, metadata } = wanted;
  const generation = Number(live?.metadata['generation'] ?? 0);
  const isNewSpec = live === null || !dequal(live['spec'], wanted['spec']);
  const creationTimestamp = live?.metadata['creationTimestamp'] ?? new Date().toISOString().replace(/\.\d+/, '');
  const counted = wanted['spec'] === undefined ? {} : { generation: isNewSpec ? generation + 1 : generation };
  const filled = { ...wanted, metadata: { ...metadata, creationTimestamp, ...counted } };
  const stringData = (wanted['stringData'] ?? {}) as Readonly<Record<string, string>>;
  if (kind === 'Secret') {
    const { stringData: _, data = {}, type = 'Opaque', ...rest } = filled as NewObject;
    const encoded = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
    return { ...rest, type, data: { ...(data as object), ...Object.fromEntries(encoded) } };
  }
  if (kind === 'Namespace') {
    const labels = { ...(metadata['labels'] as object), 'kubernetes.io/metadata.name': metadata.name };
    return { ...filled, metadata: { ...filled.metadata, labels }, status: { phase: 'Active' } };
  }
  if (kind !== 'Service' || fieldAt(wanted, 'spec.clusterIP') !== undefined) return filled;
  const clusterIP = fieldAt(live, 'spec.clusterIP') ?? freeAddress(store);
  return { ...filled, spec: { ...(wanted['spec'] as object), clusterIP, clusterIPs: [clusterIP] } };
}
