/*
 * Which lists of Kubernetes' objects are maps, and by which fields of their items: x-kubernetes-list-map-keys and
 * x-kubernetes-patch-merge-key of its OpenAPI schema, for the kinds that this server stores.
 */

interface ListKeys {
  /** By all of these server-side apply tells items apart. */
  readonly apply: readonly string[];
  /** By this one a strategic merge patch does. */
  readonly merge: string;
  /** What an item has where it does not say. */
  readonly defaults?: Readonly<Record<string, string>>;
}

const byName: ListKeys = { apply: ['name'], merge: 'name' };
const tcp = { protocol: 'TCP' };

const ofPodSpec: Readonly<Record<string, ListKeys>> = {
  containers: byName,
  initContainers: byName,
  volumes: byName,
  imagePullSecrets: byName,
  hostAliases: { apply: ['ip'], merge: 'ip' },
  topologySpreadConstraints: { apply: ['topologyKey', 'whenUnsatisfiable'], merge: 'topologyKey' },
};

const ofContainer: Readonly<Record<string, ListKeys>> = {
  env: byName,
  ports: { apply: ['containerPort', 'protocol'], merge: 'containerPort', defaults: tcp },
  volumeMounts: { apply: ['mountPath'], merge: 'mountPath' },
};

const ofKind: Readonly<Record<string, ListKeys>> = {
  'Service spec.ports': { apply: ['port', 'protocol'], merge: 'port', defaults: tcp },
  'ServiceAccount secrets': byName,
  'ServiceAccount imagePullSecrets': byName,
};

/** @param path names of fields from the object on, without places in lists. @returns null where a list is one value */
export function listKeysOf(kind: string, path: readonly string[]): ListKeys | null {
  const [parent = '', field = ''] = path.slice(-2);
  if (/^(init)?containers$/i.test(parent)) return ofContainer[field] ?? null;
  if (path.includes('template') && parent === 'spec') return ofPodSpec[field] ?? null;
  return ofKind[`${kind} ${path.join('.')}`] ?? null;
}
