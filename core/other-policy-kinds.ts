/** A kind of policy beside those of Kubernetes itself. */
export interface OtherPolicyKind {
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  /** Plural, as in paths of the API. */
  readonly resource: string;
  readonly namespaced: boolean;
}

function kinds(
  group: string,
  version: string,
  namespaced: boolean,
  resources: Readonly<Record<string, string>>,
): OtherPolicyKind[] {
  return Object.entries(resources).map(([resource, kind]) => ({ kind, group, version, resource, namespaced }));
}

const calicoNamespaced = { networkpolicies: 'NetworkPolicy', stagednetworkpolicies: 'StagedNetworkPolicy' };
const calicoGlobal = { globalnetworkpolicies: 'GlobalNetworkPolicy' };

/** Policies that decide about traffic, and that Weir keeps but does not evaluate. */
export const otherPolicyKinds: readonly OtherPolicyKind[] = [
  ...kinds('cilium.io', 'v2', true, { ciliumnetworkpolicies: 'CiliumNetworkPolicy' }),
  ...kinds('cilium.io', 'v2', false, { ciliumclusterwidenetworkpolicies: 'CiliumClusterwideNetworkPolicy' }),
  ...kinds('crd.projectcalico.org', 'v1', true, calicoNamespaced),
  ...kinds('crd.projectcalico.org', 'v1', false, calicoGlobal),
  ...kinds('projectcalico.org', 'v3', true, calicoNamespaced),
  ...kinds('projectcalico.org', 'v3', false, calicoGlobal),
];

/** The group of `group/version`; empty for the core group. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

/** Null for all other kinds. Any version of a group counts: what the versions differ in is not read here. */
export function otherPolicyKind(kind: string, apiVersion: string): OtherPolicyKind | null {
  const group = groupOf(apiVersion);
  return otherPolicyKinds.find((each) => each.kind === kind && each.group === group) ?? null;
}
