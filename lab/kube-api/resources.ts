/** A resource that an API server serves: what a client finds under one path. */
export interface ApiResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, as in paths. */
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Defined by a CustomResourceDefinition: there only when it was installed, and listed with kind and apiVersion. */
  readonly custom: boolean;
}

function resources(
  group: string,
  version: string,
  custom: boolean,
  kinds: Readonly<Record<string, readonly [kind: string, scope: 'namespaced' | 'cluster']>>,
): ApiResource[] {
  return Object.entries(kinds).map(([name, [kind, scope]]) => ({
    group,
    version,
    name,
    kind,
    namespaced: scope === 'namespaced',
    custom,
  }));
}

const calico = {
  networkpolicies: ['NetworkPolicy', 'namespaced'],
  globalnetworkpolicies: ['GlobalNetworkPolicy', 'cluster'],
  stagednetworkpolicies: ['StagedNetworkPolicy', 'namespaced'],
} as const;

/** Every resource that this server knows; those of custom kinds only once they are installed. */
export const knownResources: readonly ApiResource[] = [
  ...resources('', 'v1', false, {
    pods: ['Pod', 'namespaced'],
    namespaces: ['Namespace', 'cluster'],
    nodes: ['Node', 'cluster'],
    services: ['Service', 'namespaced'],
    replicationcontrollers: ['ReplicationController', 'namespaced'],
    configmaps: ['ConfigMap', 'namespaced'],
    secrets: ['Secret', 'namespaced'],
    serviceaccounts: ['ServiceAccount', 'namespaced'],
    persistentvolumeclaims: ['PersistentVolumeClaim', 'namespaced'],
  }),
  ...resources('apps', 'v1', false, {
    deployments: ['Deployment', 'namespaced'],
    replicasets: ['ReplicaSet', 'namespaced'],
    statefulsets: ['StatefulSet', 'namespaced'],
    daemonsets: ['DaemonSet', 'namespaced'],
  }),
  ...resources('autoscaling', 'v2', false, { horizontalpodautoscalers: ['HorizontalPodAutoscaler', 'namespaced'] }),
  ...resources('batch', 'v1', false, { jobs: ['Job', 'namespaced'], cronjobs: ['CronJob', 'namespaced'] }),
  ...resources('discovery.k8s.io', 'v1', false, { endpointslices: ['EndpointSlice', 'namespaced'] }),
  ...resources('networking.k8s.io', 'v1', false, {
    networkpolicies: ['NetworkPolicy', 'namespaced'],
    servicecidrs: ['ServiceCIDR', 'cluster'],
  }),
  ...resources('policy', 'v1', false, { poddisruptionbudgets: ['PodDisruptionBudget', 'namespaced'] }),
  ...resources('rbac.authorization.k8s.io', 'v1', false, {
    roles: ['Role', 'namespaced'],
    rolebindings: ['RoleBinding', 'namespaced'],
    clusterroles: ['ClusterRole', 'cluster'],
    clusterrolebindings: ['ClusterRoleBinding', 'cluster'],
  }),
  ...resources('cert-manager.io', 'v1', true, { certificates: ['Certificate', 'namespaced'] }),
  ...resources('monitoring.coreos.com', 'v1', true, {
    servicemonitors: ['ServiceMonitor', 'namespaced'],
    podmonitors: ['PodMonitor', 'namespaced'],
    prometheusrules: ['PrometheusRule', 'namespaced'],
  }),
  ...resources('policy.networking.k8s.io', 'v1alpha1', true, {
    adminnetworkpolicies: ['AdminNetworkPolicy', 'cluster'],
    baselineadminnetworkpolicies: ['BaselineAdminNetworkPolicy', 'cluster'],
  }),
  ...resources('policy.networking.k8s.io', 'v1alpha2', true, {
    clusternetworkpolicies: ['ClusterNetworkPolicy', 'cluster'],
  }),
  ...resources('cilium.io', 'v2', true, {
    ciliumnetworkpolicies: ['CiliumNetworkPolicy', 'namespaced'],
    ciliumclusterwidenetworkpolicies: ['CiliumClusterwideNetworkPolicy', 'cluster'],
  }),
  ...resources('crd.projectcalico.org', 'v1', true, calico),
  ...resources('projectcalico.org', 'v3', true, calico),
];

export function groupVersionOf({ group, version }: Pick<ApiResource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The resource that an object belongs to; null when this server knows none. */
export function resourceOf(apiVersion: string, kind: string): ApiResource | null {
  return knownResources.find((each) => each.kind === kind && groupVersionOf(each) === apiVersion) ?? null;
}
