import { otherPolicyKinds } from '../../core/other-policy-kinds.ts';
import type { Resource } from '../../kube/resource.ts';

/** A collection with the kind of what is in it, which its items do not say. */
export interface WatchedResource extends Resource {
  readonly apiVersion: string;
  readonly kind: string;
  /** As core/kubernetes.ts tells kinds apart. */
  readonly kindKey: string;
}

function watched(
  group: string,
  version: string,
  name: string,
  kind: string,
  { optional = false, kindKey = kind } = {},
): WatchedResource {
  const apiVersion = group === '' ? version : `${group}/${version}`;
  return {
    name: group === '' ? name : `${name}.${group}`,
    path: `${group === '' ? '/api' : '/apis'}/${apiVersion}/${name}`,
    fieldSelector: null,
    fromCache: false,
    optional,
    apiVersion,
    kind,
    kindKey,
  };
}

const inEveryCluster: readonly (readonly [group: string, resources: Readonly<Record<string, string>>])[] = [
  [
    '',
    {
      namespaces: 'Namespace',
      nodes: 'Node',
      pods: 'Pod',
      services: 'Service',
      replicationcontrollers: 'ReplicationController',
    },
  ],
  [
    'apps',
    { deployments: 'Deployment', replicasets: 'ReplicaSet', statefulsets: 'StatefulSet', daemonsets: 'DaemonSet' },
  ],
  ['batch', { jobs: 'Job', cronjobs: 'CronJob' }],
  ['discovery.k8s.io', { endpointslices: 'EndpointSlice' }],
  ['networking.k8s.io', { networkpolicies: 'NetworkPolicy' }],
];

/** Everything of a cluster that the aggregator watches. Its ClusterRole needs list and watch on each. */
export const apiResources: readonly WatchedResource[] = [
  ...inEveryCluster.flatMap(([group, resources]) =>
    Object.entries(resources).map(([name, kind]) => watched(group, 'v1', name, kind)),
  ),
  // Since Kubernetes 1.33.
  watched('networking.k8s.io', 'v1', 'servicecidrs', 'ServiceCIDR', { optional: true }),
  watched('policy.networking.k8s.io', 'v1alpha1', 'adminnetworkpolicies', 'AdminNetworkPolicy', { optional: true }),
  watched('policy.networking.k8s.io', 'v1alpha1', 'baselineadminnetworkpolicies', 'BaselineAdminNetworkPolicy', {
    optional: true,
  }),
  watched('policy.networking.k8s.io', 'v1alpha2', 'clusternetworkpolicies', 'ClusterNetworkPolicy', { optional: true }),
  ...otherPolicyKinds.map(({ group, version, resource, kind }) =>
    watched(group, version, resource, kind, { optional: true, kindKey: `${kind}.${group}` }),
  ),
];
