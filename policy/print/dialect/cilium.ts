import type { Fields } from '../../../core/fields.ts';
import type { Direction } from '../../../core/flow.ts';
import {
  type LabelSelector,
  namespaceNameLabel,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
} from '../../../core/kubernetes.ts';
import { present, type WrittenRule } from '../policy-object.ts';
import { type Dialect, type DialectLoss, inParts, type PlainRule, rulesOf } from './dialect.ts';
import { writtenLabels, writtenMetadata } from './network-policy.ts';

/*
 * The form is that of cilium.io/v2 (github.com/cilium/cilium, pkg/k8s/apis/cilium.io/client/crds/v2 and
 * pkg/policy/api/rule_validation.go): of a rule's peers all are of one sort, and a port rule has 40 ports at most.
 */
const maxPorts = 40;

const namespaceLabel = 'k8s:io.kubernetes.pod.namespace';
const labelsOfNamespace = 'k8s:io.cilium.k8s.namespace.labels.';

function prefixed(prefix: string, { matchLabels = {}, matchExpressions = [] }: LabelSelector): LabelSelector {
  return {
    matchLabels: Object.fromEntries(Object.entries(matchLabels).map(([key, value]) => [`${prefix}${key}`, value])),
    matchExpressions: matchExpressions.map((each) => ({ ...each, key: `${prefix}${each.key}` })),
  };
}

/** A namespace's name has a label of its own; its other labels have a prefix. */
function ofNamespace({ matchLabels = {}, matchExpressions }: LabelSelector): LabelSelector {
  const { [namespaceNameLabel]: name, ...others } = matchLabels;
  const rest = prefixed(labelsOfNamespace, { matchLabels: others, ...(matchExpressions && { matchExpressions }) });
  return name === undefined ? rest : { ...rest, matchLabels: { ...rest.matchLabels, [namespaceLabel]: name } };
}

function written(...selectors: readonly LabelSelector[]): Fields {
  const expressions = selectors.flatMap(({ matchExpressions = [] }) => matchExpressions);
  return present({
    matchLabels: writtenLabels(Object.assign({}, ...selectors.map(({ matchLabels = {} }) => matchLabels))),
    matchExpressions: expressions.length === 0 ? undefined : expressions,
  });
}

function endpoint({ podSelector = {}, namespaceSelector }: NetworkPolicyPeer): Fields {
  const pods = prefixed('k8s:', podSelector);
  if (namespaceSelector === undefined) return written(pods);
  const namespace = ofNamespace(namespaceSelector);
  const isAny =
    Object.keys(namespace.matchLabels ?? {}).length === 0 && (namespace.matchExpressions ?? []).length === 0;
  // A selector without any namespace stays in the policy's own.
  const anywhere: LabelSelector = { matchExpressions: [{ key: namespaceLabel, operator: 'Exists' }] };
  return written(pods, isAny ? anywhere : namespace);
}

function port({ protocol = 'TCP', port: number, endPort }: NetworkPolicyPort): Fields {
  return present({ port: String(number ?? 0), endPort, protocol });
}

function portRules(ports: readonly NetworkPolicyPort[] | null): Fields[] | undefined {
  return ports === null ? undefined : inParts(ports.map(port), maxPorts).map((part) => ({ ports: part }));
}

function ruleOf(direction: Direction, index: number, { peers, ports }: PlainRule): WrittenRule[] {
  const side = direction === 'ingress' ? 'from' : 'to';
  const toPorts = portRules(ports);
  const one = (fields: Fields): WrittenRule => ({ index, fields: present({ ...fields, toPorts }) });
  if (peers === null) return [one({ [`${side}Entities`]: ['all'] })];
  const endpoints = peers.filter(({ ipBlock }) => ipBlock === undefined).map(endpoint);
  const blocks = peers.flatMap(({ ipBlock }) => ipBlock ?? []);
  const plain = blocks.filter(({ except = [] }) => except.length === 0).map(({ cidr }) => cidr);
  const cut = blocks.filter(({ except = [] }) => except.length > 0);
  return [
    ...(endpoints.length > 0 ? [one({ [`${side}Endpoints`]: endpoints })] : []),
    ...(plain.length > 0 ? [one({ [`${side}CIDR`]: plain })] : []),
    ...(cut.length > 0 ? [one({ [`${side}CIDRSet`]: cut.map(({ cidr, except }) => ({ cidr, except })) })] : []),
  ];
}

function lossesOf(
  direction: Direction,
  rules: readonly PlainRule[],
  isInCluster: (cidr: string) => boolean,
): DialectLoss[] {
  return rules.flatMap(({ peers }, index) => {
    const blocks = (peers ?? []).flatMap(({ ipBlock }) => ipBlock?.cidr ?? []).filter(isInCluster);
    return blocks.map((cidr) => ({
      direction,
      index,
      reason: `${cidr} holds addresses of the cluster: Cilium matches blocks outside of it only, so they stay denied`,
    }));
  });
}

/** cilium.io/v2 CiliumNetworkPolicy. */
export const cilium: Dialect = (policy, { isInCluster }) => {
  const { metadata, spec } = policy;
  const losses: DialectLoss[] = [];
  const rules: Partial<Record<Direction, WrittenRule[]>> = {};
  for (const direction of ['ingress', 'egress'] as const) {
    const plain = rulesOf(policy, direction);
    if (plain === null) continue;
    losses.push(...lossesOf(direction, plain, isInCluster));
    const all = plain.flatMap((rule, index) => ruleOf(direction, index, rule));
    // A section with a rule that allows nothing isolates; one without rules does not.
    rules[direction] = all.length > 0 ? all : [{ index: null, fields: {} }];
  }
  const head = {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: writtenMetadata(policy, metadata.name, metadata.namespace),
    spec: { endpointSelector: written(prefixed('k8s:', spec.podSelector)) },
  };
  return { objects: [{ head, rules }], losses };
};
