import { type Edge, edgeKey } from '../../core/edge.ts';
import type { Direction } from '../../core/flow.ts';
import type { ClusterSnapshot, Policy } from '../../core/kubernetes.ts';
import { compareText } from '../../core/order.ts';
import type { Decision } from '../../core/verdict.ts';
import { type Because, becauseText } from '../evaluate/because.ts';
import { decisionOf, EdgeSides, type Sides } from './edge-sides.ts';
import { PolicySet } from '../evaluate/evaluate.ts';
import { succeeded } from '../evaluate/outcome.ts';
import { Roster } from '../evaluate/roster.ts';
import { RuleUses } from './rule-uses.ts';
import { decidingDirection } from '../evaluate/worst.ts';

export interface ReplayInput {
  readonly cluster: ClusterSnapshot;
  /** All policies that would be in force: the candidates and whatever else stays applied. */
  readonly policies: readonly Policy[];
  readonly edges: readonly Edge[];
}

export interface ReplayFinding {
  readonly edge: Edge;
  readonly decision: Decision;
  /** The direction that decided. */
  readonly direction: Direction;
  /** The policy or default that decided, as a sentence. */
  readonly because: string;
  /** The same for programs. */
  readonly rests: Because;
}

/** How many edges came to what. Every edge is counted once: flows is the sum of all others. */
export interface ReplayCounts {
  readonly flows: number;
  /** Allowed, and not dropped when it was seen. */
  readonly allowed: number;
  /** Came through when it was seen (or was UDP that nobody dropped), and would be denied. */
  readonly denied: number;
  /** The decision depends on what Kubernetes leaves open, whatever became of the traffic. */
  readonly depends: number;
  /** Dropped when it was seen, and would be allowed. */
  readonly newlyAllowed: number;
  /** Denied, and did not come through when it was seen: nothing changes. */
  readonly stillDenied: number;
}

export interface ReplayResult extends ReplayCounts {
  /** The edges that are denied, depend or are newly allowed, in this order, each sorted by edge key. */
  readonly findings: readonly ReplayFinding[];
}

/** What an edge counts as. */
export type Outcome = Exclude<keyof ReplayCounts, 'flows'>;

const found = ['denied', 'depends', 'newlyAllowed'] as const satisfies readonly Outcome[];

export function outcomeOf(edge: Edge, decision: Decision): Outcome {
  if (decision === 'depends') return 'depends';
  if (decision === 'allowed') return edge.verdict === 'dropped' ? 'newlyAllowed' : 'allowed';
  return succeeded(edge) ? 'denied' : 'stillDenied';
}

/** Few reasons stand behind many findings. */
const texts = new WeakMap<Because, string>();

function textOf(because: Because): string {
  const text = texts.get(because) ?? becauseText(because);
  texts.set(because, text);
  return text;
}

export function findingOf(edge: Edge, sides: Sides): ReplayFinding {
  const decision = decisionOf(sides);
  const direction = decidingDirection({ decision, ...sides });
  const rests = sides[direction].because;
  return { edge, decision, direction, because: textOf(rests), rests };
}

/** Counts edges and keeps those that people have to know of. */
export class Tally {
  readonly #counts: Record<Outcome, number> = { allowed: 0, denied: 0, depends: 0, newlyAllowed: 0, stillDenied: 0 };
  readonly #found: Readonly<Record<(typeof found)[number], { readonly edge: Edge; readonly sides: Sides }[]>> = {
    denied: [],
    depends: [],
    newlyAllowed: [],
  };

  add(edge: Edge, sides: Sides): void {
    const outcome = outcomeOf(edge, decisionOf(sides));
    this.#counts[outcome]++;
    if (outcome === 'denied' || outcome === 'depends' || outcome === 'newlyAllowed') {
      this.#found[outcome].push({ edge, sides });
    }
  }

  result(): ReplayResult {
    const findings = found.flatMap((outcome) =>
      this.#found[outcome]
        .map(({ edge, sides }) => ({ key: edgeKey(edge), edge, sides }))
        .sort((a, b) => compareText(a.key, b.key))
        .map(({ edge, sides }) => findingOf(edge, sides)),
    );
    return { ...this.counts, findings };
  }

  get counts(): ReplayCounts {
    const flows = Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
    return { flows, ...this.#counts };
  }
}

/**
 * Decides every recorded edge under the given policies. An edge between workloads stands for all of their pods as they
 * are in the snapshot: where these differ, the worst decision counts. A workload without pods is decided by its template.
 *
 * @throws WeirError ADDRESS_INVALID for an ipBlock that holds no CIDR
 */
export function replay({ cluster, policies, edges }: ReplayInput): ReplayResult {
  return replayOver(new Roster(cluster), new PolicySet(policies, cluster.nodes), edges);
}

/** As `replay`, with what was made already. */
export function replayOver(roster: Roster, policies: PolicySet, edges: readonly Edge[]): ReplayResult {
  const [sides, tally] = [new EdgeSides(roster, policies), new Tally()];
  for (const edge of edges) tally.add(edge, sides.decide(edge));
  return tally.result();
}

/** Which rules of the given policies edges match, whatever other policies there are. @throws WeirError ADDRESS_INVALID */
export function usesOf(roster: Roster, policies: readonly Policy[], edges: readonly Edge[]): RuleUses {
  const uses = new RuleUses();
  if (policies.length === 0) return uses;
  const set = new PolicySet(policies, roster.cluster.nodes);
  const sides = new EdgeSides<Edge>(roster, set, (relation, edge) => uses.note(relation, edge));
  for (const edge of edges) sides.decide(edge);
  return uses;
}
