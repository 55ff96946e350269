import { dequal } from 'dequal';
import { type Fields, isFields } from '../../core/fields.ts';
import { type NewObject, type ObjectStore, type StoredObject } from './object-store.ts';
import { resourceOf } from './resources.ts';
import { failure, type Status } from './status.ts';

/*
 * What an API server knows beside the schema: names, what may not change, what it fills in. Only what the kinds that are
 * written here can get wrong.
 */

const dnsName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const labelKey = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const maxSecretBytes = 1 << 20;

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

function at(object: unknown, path: string): unknown {
  return path.split('.').reduce((value: unknown, name) => (isFields(value) ? value[name] : undefined), object);
}

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

/** Containers mount volumes that there are, and each port has a name of its own. */
function podFaults(spec: Fields): string[] {
  const volumes = ((spec['volumes'] ?? []) as Fields[]).map(({ name }) => name);
  return ((spec['containers'] ?? []) as Fields[]).flatMap(({ name, volumeMounts = [], ports = [] }) => {
    const mounts = (volumeMounts as Fields[]).filter((mount) => !volumes.includes(mount['name']));
    const names = (ports as Fields[]).map((port) => port['name']).filter((each) => each !== undefined);
    const hostPorts = (ports as Fields[]).filter(
      ({ hostPort, containerPort }) =>
        spec['hostNetwork'] === true && hostPort !== containerPort && hostPort !== undefined,
    );
    return [
      ...mounts.map((mount) => `containers[${String(name)}].volumeMounts: Not found: "${String(mount['name'])}"`),
      ...(new Set(names).size === names.length ? [] : [`containers[${String(name)}].ports: Duplicate value`]),
      ...hostPorts.map(
        (port) => `containers[${String(name)}].ports: hostPort ${String(port['hostPort'])} must match containerPort`,
      ),
    ];
  });
}

function templateFaults(object: NewObject): string[] {
  const template = at(object, 'spec.template.spec');
  if (!isFields(template)) return [];
  const claims = ((at(object, 'spec.volumeClaimTemplates') ?? []) as NewObject[]).map(({ metadata }) => ({
    name: metadata.name,
  }));
  const volumes = [...((template['volumes'] ?? []) as Fields[]), ...claims];
  const wanted = (at(object, 'spec.selector.matchLabels') ?? {}) as Fields;
  const labels = (at(object, 'spec.template.metadata.labels') ?? {}) as Fields;
  const matches = Object.entries(wanted).every(([key, value]) => labels[key] === value);
  return [
    ...podFaults({ ...template, volumes }),
    ...(matches ? [] : ['spec.template.metadata.labels: `selector` does not match template `labels`']),
  ];
}

function changeFaults(live: StoredObject, wanted: NewObject): string[] {
  const changed = (immutable[wanted.kind] ?? []).filter((path) => !dequal(at(live, path), at(wanted, path)));
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

function secretFaults({ kind, data = {} }: NewObject): string[] {
  if (kind !== 'Secret') return [];
  const bytes = Object.values(data as Fields).reduce(
    (sum: number, text) => sum + Buffer.byteLength(String(text), 'base64'),
    0,
  );
  return bytes > maxSecretBytes ? ['data: Too long: may not be more than 1048576 bytes'] : [];
}

/** Addresses of Services in this order; the real server's are as good as any. */
let lastServiceAddress = 0;

function filledIn(live: StoredObject | null, wanted: NewObject): NewObject {
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
  if (kind !== 'Service' || at(wanted, 'spec.clusterIP') !== undefined) return filled;
  const clusterIP = at(live, 'spec.clusterIP') ?? `10.96.1.${++lastServiceAddress}`;
  return { ...filled, spec: { ...(wanted['spec'] as object), clusterIP, clusterIPs: [clusterIP] } };
}

/** What is stored when an object is written, or why it is not. */
export function admit(store: ObjectStore, live: StoredObject | null, wanted: NewObject): NewObject | Status {
  const { kind, metadata } = wanted;
  const namespaces = resourceOf('v1', 'Namespace');
  if (
    metadata.namespace !== undefined &&
    namespaces !== null &&
    store.get(namespaces, `/${metadata.namespace}`) === null
  ) {
    return failure(404, `namespaces "${metadata.namespace}" not found`);
  }
  // Roles may have colons in their names.
  const isName = dnsName.test(metadata.name) || resourceGroup(wanted) === 'rbac.authorization.k8s.io';
  const filled = filledIn(live, wanted);
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

function resourceGroup({ apiVersion, kind }: NewObject): string {
  return resourceOf(apiVersion, kind)?.group ?? '';
}
