import type { Edge } from '../../core/edge.ts';
import type { Direction } from '../../core/flow.ts';
import { entityLabel, type WorkloadRef, workloadKey } from '../../core/identity.ts';
import type { UnixMs } from '../../core/time.ts';
import { type Confidence, judge } from './confidence.ts';
import { farEndOf } from './grant.ts';
import { isFireAndForget } from '../evaluate/outcome.ts';
import type { MergedRule } from './rule.ts';
import { portLabel } from './rule-port.ts';

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

/** A summary names so many peers and counts the rest. */
const maxNamed = 4;

/** The first of them, and how many more there are. */
export function listed(labels: readonly string[]): string {
  const named = labels.slice(0, maxNamed).join(', ');
  return labels.length > maxNamed ? `${named} and ${labels.length - maxNamed} more` : named;
}

/** `shop/deployment/cart`. */
export function labelOf(ref: WorkloadRef): string {
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

/** What people are to know of a rule. */
export function describeRule(direction: Direction, index: number, rule: MergedRule): GeneratedRule {
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

/** What one should know before applying a rule, as sentences. */
export function notesOn({ direction, index, alsoAllows }: GeneratedRule, { ports, edges }: MergedRule): string[] {
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
