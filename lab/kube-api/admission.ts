import { type Fields, isFields } from '../../core/fields.ts';
import { withDefaults } from './defaults.ts';
import { changeFaults } from './immutable.ts';
import type { NewObject, ObjectStore, StoredObject } from './object-store.ts';
import { templateFaults } from './pod-template.ts';
import { resourceOf } from './resources.ts';
import { failure, type Status } from './status.ts';

/* What an API server knows beside the schema, of what the kinds that are written here can get wrong. */

const dnsName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const labelKey = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const maxSecretBytes = 1 << 20;

function nameFaults(value: unknown, where: string): string[] {
  if (Array.isArray(value)) return value.flatMap((each, i) => nameFaults(each, `${where}[${i}]`));
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const path = where === '' ? name : `${where}.${name}`;
    if (!(path.endsWith('metadata.labels') || name === 'matchLabels') || !isFields(inner))
      return nameFaults(inner, path);
    return Object.entries(inner)
      .filter(([key, text]) => !labelKey.test(key) || !labelValue.test(String(text)))
      .map(([key, text]) => `${path}: Invalid value: "${key}=${String(text)}"`);
  });
}

function secretFaults({ kind, data = {} }: NewObject): string[] {
  if (kind !== 'Secret') return [];
  const bytes = Object.values(data as Fields).reduce(
    (sum: number, text) => sum + Buffer.byteLength(String(text), 'base64'),
    0,
  );
  return bytes > maxSecretBytes ? ['data: Too long: may not be more than 1048576 bytes'] : [];
}

/** What is stored when an object is written, or why it is not. */
export function admit(store: ObjectStore, live: StoredObject | null, wanted: NewObject): NewObject | Status {
  const { kind, metadata, apiVersion } = wanted;
  const { namespace } = metadata;
  const namespaces = resourceOf('v1', 'Namespace');
  if (namespace !== undefined && namespaces !== null && store.get(namespaces, `/${namespace}`) === null) {
    return failure(404, `namespaces "${namespace}" not found`);
  }
  // Roles may have colons in their names.
  const isName = dnsName.test(metadata.name) || apiVersion === 'rbac.authorization.k8s.io/v1';
  const filled = withDefaults(store, live, wanted);
  const faults = [
    ...(isName && metadata.name.length <= 253 ? [] : [`metadata.name: Invalid value: "${metadata.name}"`]),
    ...nameFaults(wanted, ''),
    ...templateFaults(wanted),
    ...secretFaults(wanted),
    ...(live === null ? [] : changeFaults(live, filled)),
  ];
  if (faults.length > 0) return failure(422, `${kind} "${metadata.name}" is invalid: ${faults.join(', ')}`);
  return filled;
}
