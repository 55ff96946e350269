import type { Direction } from '../../core/flow.ts';
import type { WorkloadRef } from '../../core/identity.ts';
import type { NetworkPolicy } from '../../core/kubernetes.ts';
import { describeRule, type GeneratedRule, labelOf, listed, notesOn } from './generated-rule.ts';
import type { Grant } from './peer-grants.ts';
import { type MergedRule, mergeGrants } from './rule.ts';
import { type RulePeer, toNetworkPolicyPeer } from './rule-peer.ts';
import { toNetworkPolicyPort } from './rule-port.ts';
import { differenceOf, witnessText } from './same-rules.ts';
import type { WorkloadSelector } from './workload-selector.ts';

export interface GeneratedPolicy {
  readonly workload: WorkloadRef;
  readonly policy: NetworkPolicy;
  readonly rules: readonly GeneratedRule[];
  /** Other workloads that the policy's selector catches, because no label tells them apart. */
  readonly alsoSelects: readonly WorkloadRef[];
  /** What a reader should know before applying it, as sentences. */
  readonly notes: readonly string[];
}

export interface PolicyPlan {
  readonly workload: WorkloadRef;
  readonly name: string;
  readonly selector: WorkloadSelector;
  /** Null for a direction that the policy leaves open. */
  readonly grants: Readonly<Record<Direction, readonly Grant[] | null>>;
  /** Whether ports that touch become one range. */
  readonly portRanges: boolean;
}

const directions = ['ingress', 'egress'] as const;

type Named = Exclude<RulePeer, { readonly type: 'everyone' }>;

/** Peers and ports as NetworkPolicy writes them: no list where everyone, or every port, is meant. */
function writtenAs(key: 'from' | 'to', { peers, ports }: MergedRule) {
  const named = peers.filter((peer): peer is Named => peer.type !== 'everyone');
  return {
    ...(named.length === peers.length && { [key]: named.map(toNetworkPolicyPeer) }),
    ...(ports !== null && { ports: ports.map(toNetworkPolicyPort) }),
  };
}

/** Puts one workload's policy together: isolation in the chosen directions, and a rule for everything that was seen. */
export function buildPolicy(plan: PolicyPlan): GeneratedPolicy {
  const { workload, selector, grants, portRanges } = plan;
  const merged = {
    ingress: mergeGrants(grants.ingress ?? [], portRanges),
    egress: mergeGrants(grants.egress ?? [], portRanges),
  };
  const rules: GeneratedRule[] = [];
  const notes: string[] = [];
  if (selector.alsoSelects.length > 0) {
    const others = listed(selector.alsoSelects.map(labelOf));
    notes.push(`The policy also selects ${others}: no stable label tells them apart.`);
  }
  for (const direction of directions) {
    if (grants[direction] === null) continue;
    const witness = differenceOf(grants[direction] ?? [], merged[direction]);
    if (witness !== null) notes.push(`The ${direction} rules are not what was asked for: ${witnessText(witness)}.`);
    if (merged[direction].length === 0) notes.push(`No ${direction} traffic to allow was seen: all of it is denied.`);
    for (const [index, rule] of merged[direction].entries()) {
      const described = describeRule(direction, index, rule);
      rules.push(described);
      notes.push(...notesOn(described, rule));
    }
  }
  const policy: NetworkPolicy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name: plan.name,
      namespace: workload.namespace,
      uid: '',
      labels: { 'app.kubernetes.io/managed-by': 'weir' },
      annotations: {},
      ownerReferences: [],
    },
    spec: {
      podSelector: { matchLabels: selector.labels },
      policyTypes: [
        ...(grants.ingress === null ? [] : (['Ingress'] as const)),
        ...(grants.egress === null ? [] : (['Egress'] as const)),
      ],
      ...(merged.ingress.length > 0 && {
        ingress: merged.ingress.map((rule) => writtenAs('from', rule)),
      }),
      ...(merged.egress.length > 0 && { egress: merged.egress.map((rule) => writtenAs('to', rule)) }),
    },
  };
  return { workload, policy, rules, alsoSelects: selector.alsoSelects, notes };
}
