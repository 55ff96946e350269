import { dequal } from 'dequal';
import { fieldAt } from './field-at.ts';
import type { NewObject, ObjectStore, StoredObject } from './object-store.ts';

/** The first address of a Service that no other has. */
function freeAddress(store: ObjectStore): string {
  const taken = new Set(store.all().map((object) => fieldAt(object, 'spec.clusterIP')));
  let last = 1;
  while (taken.has(`10.96.1.${last}`)) last++;
  return `10.96.1.${last}`;
}

/** An object with what the server fills in. @param live what it replaces */
export function withDefaults(store: ObjectStore, live: StoredObject | null, wanted: NewObject): NewObject {
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
