import { type ApiResource, groupVersionOf } from './resources.ts';

/** What of a resource can be asked for beside itself, by the kind that it is of. */
const parts: Readonly<Record<string, readonly object[]>> = {
  pods: [{ name: 'pods/eviction', group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] }],
  ...Object.fromEntries(
    ['deployments', 'replicasets', 'statefulsets'].map((name) => [
      name,
      [
        {
          name: `${name}/scale`,
          group: 'autoscaling',
          version: 'v1',
          kind: 'Scale',
          verbs: ['get', 'patch', 'update'],
        },
      ],
    ]),
  ),
};

function partsOf({ name, custom }: ApiResource): readonly object[] {
  const own = custom ? [] : (parts[name] ?? []);
  return own.map((part) => ({ ...part, singularName: '', namespaced: true }));
}

function resourceList(groupVersion: string, resources: readonly ApiResource[]): object {
  const entry = ({ name, kind, namespaced }: ApiResource) => ({
    name,
    singularName: kind.toLowerCase(),
    namespaced,
    kind,
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  });
  const all = resources.flatMap((each) => [entry(each), ...partsOf(each)]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: all };
}

function groupOf(name: string, resources: readonly ApiResource[]): object {
  const ofGroup = resources.filter(({ group }) => group === name);
  const versions = [...new Set(ofGroup.map(groupVersionOf))].map((groupVersion) => ({
    groupVersion,
    version: groupVersion.split('/')[1],
  }));
  return { name, versions, preferredVersion: versions[0] };
}

/** What a discovery path answers, given the resources that are installed; null for any other path. */
export function discover(pathname: string, resources: readonly ApiResource[]): object | null {
  const names = [...new Set(resources.map(({ group }) => group).filter((group) => group !== ''))];
  const groups = () => names.map((name) => groupOf(name, resources));
  if (pathname === '/version') return { major: '1', minor: '33', gitVersion: 'v1.33.0', platform: 'linux/amd64' };
  if (pathname === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (pathname === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups() };
  const groupVersion = /^\/(?:api|apis)\/(.+)$/.exec(pathname)?.[1] ?? '';
  const within = resources.filter((each) => groupVersionOf(each) === groupVersion);
  if (within.length > 0) return resourceList(groupVersion, within);
  if (!names.includes(groupVersion)) return null;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(groupVersion, resources) };
}
