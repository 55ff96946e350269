import type { Edge } from '../core/edge.ts';
import type { Direction } from '../core/flow.ts';
import { entityLabel, type WorkloadRef, workloadKey } from '../core/identity.ts';
import type { NetworkPolicy } from '../core/kubernetes.ts';
import type { UnixMs } from '../core/time.ts';
import { type Confidence, judge } from './confidence.ts';
import { farEndOf } from './grant.ts';
import { isFireAndForget } from './outcome.ts';
import type { Grant } from './peer-grants.ts';
import { type MergedRule, mergeGrants } from './rule.ts';
import { type RulePeer, toNetworkPolicyPeer } from './rule-peer.ts';
import { portLabel, toNetworkPolicyPort } from './rule-port.ts';
import { differenceOf, witnessText } from './same-rules.ts';
import type { WorkloadSelector } from './workload-selector.ts';

/** A rule with what it rests on. */
export interface GeneratedRule {
  readonly direction: Direction;
  /** Its place in the policy's ingress or egress rules, from 0. */
  readonly index: number;
  /** The rule in words: `from shop/deployment/frontend on TCP 8080`. */
  readonly summary: string;
  /** The edges that caused it, sorted by key; empty where only people asked for it. */
  readonly edges: readonly Edge[];
  /** TCP connections and SCTP associations established over those edges. */
  readonly connections: number;
  /** 0 where no edge caused it. */
  readonly firstSeenUnixMs: UnixMs;
  readonly lastSeenUnixMs: UnixMs;
  readonly confidence: Confidence;
  /** Why the confidence is not high; empty when it is. */
  readonly confidenceReason: string;
  /** Workloads that the rule lets through besides those that were seen; sorted. */
  readonly alsoAllows: readonly WorkloadRef[];
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
  /** Whether ports that touch become one range. */
  readonly portRanges: boolean;
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

function summaryOf(direction: Direction, { peerLabels, ports }: MergedRule): string {
  const where = ports === null ? 'every port' : listed(ports.map(portLabel));
  return `${direction === 'ingress' ? 'from' : 'to'} ${listed(peerLabels)} on ${where}`;
}

function alsoAllowedBy(direction: Direction, { catches, edges }: MergedRule): WorkloadRef[] {
  if (catches.length === 0) return [];
  const ends = edges.map((edge) => farEndOf(edge, direction)).filter((end) => end.type === 'workload');
  const seen = new Set(ends.map(workloadKey));
  return catches.filter((ref) => !seen.has(workloadKey(ref)));
}

function describeRule(direction: Direction, index: number, rule: MergedRule): GeneratedRule {
  const { edges } = rule;
  const alsoAllows = alsoAllowedBy(direction, rule);
  const { confidence, reason } = judge(rule, alsoAllows.length > 0);
  const isSeen = edges.length > 0;
  return {
    direction,
    index,
    summary: summaryOf(direction, rule),
    edges,
    connections: edges.reduce((sum, edge) => sum + edge.merged.counters.established, 0),
    firstSeenUnixMs: isSeen ? edges.reduce((first, edge) => Math.min(first, edge.merged.firstSeenUnixMs), Infinity) : 0,
    lastSeenUnixMs: edges.reduce((last, edge) => Math.max(last, edge.merged.lastSeenUnixMs), 0),
    confidence,
    confidenceReason: reason,
    alsoAllows,
  };
}

/** Far ends by port of UDP that nobody answered. */
function unansweredEnds(direction: Direction, edges: readonly Edge[]): Map<number, string[]> {
  const ends = new Map<number, string[]>();
  for (const edge of edges.filter(isFireAndForget)) {
    const onPort = ends.get(edge.port);
    const end = entityLabel(farEndOf(edge, direction));
    if (onPort === undefined) ends.set(edge.port, [end]);
    else onPort.push(end);
  }
  return ends;
}

function notesOn({ direction, index, alsoAllows }: GeneratedRule, { ports, edges }: MergedRule): string[] {
  const notes: string[] = [];
  const place = `${direction}[${index}]`;
  for (const port of edges.length === 0 ? [] : (ports ?? [])) {
    const onPort = 'first' in port ? edges.filter((edge) => edge.port === port.first) : [];
    if (onPort.length === 0 || onPort.some((edge) => edge.protocol === port.protocol)) continue;
    notes.push(`${place} allows DNS over ${portLabel(port)} as well: a resolver repeats a truncated answer over TCP.`);
  }
  for (const [port, ends] of unansweredEnds(direction, edges)) {
    notes.push(`${place} allows UDP ${port} with ${listed(ends)}, which was never answered and never dropped.`);
  }
  if (alsoAllows.length > 0) notes.push(`${place} covers more than was seen: ${listed(alsoAllows.map(labelOf))}.`);
  return notes;
}

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
