import type { Edge } from '../core/edge.ts';
import type { Direction } from '../core/flow.ts';
import { entityLabel, type WorkloadRef } from '../core/identity.ts';
import type { NetworkPolicy } from '../core/kubernetes.ts';
import type { UnixMs } from '../core/time.ts';
import { farEndOf } from './grant.ts';
import { isFireAndForget } from './outcome.ts';
import { type Grant, type MergedRule, mergeGrants, portLabel } from './rule.ts';
import type { WorkloadSelector, WorkloadSelectors } from './workload-selector.ts';

/** A rule with what it rests on. */
export interface GeneratedRule {
  readonly direction: Direction;
  /** Its place in the policy's ingress or egress rules, from 0. */
  readonly index: number;
  /** The rule in words: `from shop/deployment/frontend on TCP 8080`. */
  readonly summary: string;
  /** The edges that caused it, sorted by key; never empty. */
  readonly edges: readonly Edge[];
  /** TCP connections and SCTP associations established over those edges. */
  readonly connections: number;
  readonly firstSeenUnixMs: UnixMs;
  readonly lastSeenUnixMs: UnixMs;
}

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
}

const directions = ['ingress', 'egress'] as const;
/** A summary names so many peers and counts the rest. */
const maxNamed = 4;

function listed(labels: readonly string[]): string {
  const named = labels.slice(0, maxNamed).join(', ');
  return labels.length > maxNamed ? `${named} and ${labels.length - maxNamed} more` : named;
}

function labelOf(ref: WorkloadRef): string {
  return entityLabel({ type: 'workload', ...ref });
}

function describeRule(direction: Direction, index: number, rule: MergedRule): GeneratedRule {
  const { edges } = rule;
  return {
    direction,
    index,
    summary: `${direction === 'ingress' ? 'from' : 'to'} ${listed(rule.peerLabels)} on ${rule.ports.map(portLabel).join(', ')}`,
    edges,
    connections: edges.reduce((sum, edge) => sum + edge.merged.counters.established, 0),
    firstSeenUnixMs: edges.reduce((first, edge) => Math.min(first, edge.merged.firstSeenUnixMs), Infinity),
    lastSeenUnixMs: edges.reduce((last, edge) => Math.max(last, edge.merged.lastSeenUnixMs), -Infinity),
  };
}

/** Workloads that a rule lets through beside those that were seen, as `a (labelled like b)`. */
function bystanders(rule: GeneratedRule, selectors: WorkloadSelectors): string[] {
  const ends = rule.edges.map((edge) => farEndOf(edge, rule.direction)).filter((end) => end.type === 'workload');
  const seen = new Set(ends.map(entityLabel));
  const found = new Set<string>();
  for (const end of ends) {
    for (const other of selectors.of(end)?.alsoSelects ?? []) {
      if (!seen.has(labelOf(other))) found.add(`${labelOf(other)} (labelled like ${entityLabel(end)})`);
    }
  }
  return [...found].sort();
}

function notesOn(rule: GeneratedRule, merged: MergedRule, selectors: WorkloadSelectors): string[] {
  const notes: string[] = [];
  const place = `${rule.direction}[${rule.index}]`;
  for (const { protocol, port } of merged.ports) {
    if (merged.edges.some((edge) => edge.protocol === protocol && edge.port === port)) continue;
    notes.push(`${place} allows DNS over ${protocol} ${port} as well: a resolver repeats a truncated answer over TCP.`);
  }
  for (const edge of merged.edges.filter(isFireAndForget)) {
    const end = entityLabel(farEndOf(edge, rule.direction));
    notes.push(`${place} allows UDP ${edge.port} with ${end}, which was never answered and never dropped.`);
  }
  const others = bystanders(rule, selectors);
  if (others.length > 0) notes.push(`${place} covers more than was seen: ${listed(others)}.`);
  return notes;
}

/** Puts one workload's policy together: isolation in the chosen directions, and a rule for everything that was seen. */
export function buildPolicy(plan: PolicyPlan, selectors: WorkloadSelectors): GeneratedPolicy {
  const { workload, selector } = plan;
  const merged = { ingress: mergeGrants(plan.grants.ingress ?? []), egress: mergeGrants(plan.grants.egress ?? []) };
  const rules: GeneratedRule[] = [];
  const notes: string[] = [];
  if (selector.alsoSelects.length > 0) {
    const others = listed(selector.alsoSelects.map(labelOf));
    notes.push(`The policy also selects ${others}: no stable label tells them apart.`);
  }
  for (const direction of directions) {
    if (plan.grants[direction] === null) continue;
    if (merged[direction].length === 0) notes.push(`No ${direction} traffic to allow was seen: all of it is denied.`);
    for (const [index, rule] of merged[direction].entries()) {
      const described = describeRule(direction, index, rule);
      rules.push(described);
      notes.push(...notesOn(described, rule, selectors));
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
        ...(plan.grants.ingress === null ? [] : (['Ingress'] as const)),
        ...(plan.grants.egress === null ? [] : (['Egress'] as const)),
      ],
      ...(merged.ingress.length > 0 && {
        ingress: merged.ingress.map(({ peers, ports }) => ({ from: peers, ports })),
      }),
      ...(merged.egress.length > 0 && { egress: merged.egress.map(({ peers, ports }) => ({ to: peers, ports })) }),
    },
  };
  return { workload, policy, rules, alsoSelects: selector.alsoSelects, notes };
}
