import { type Edge, edgeKey } from '../core/edge.ts';
import type { Direction } from '../core/flow.ts';
import { type Entity, workloadKey } from '../core/identity.ts';
import type { ClusterSnapshot, Policy } from '../core/kubernetes.ts';
import { compareText } from '../core/order.ts';
import type { Decision } from '../core/verdict.ts';
import { type Because, becauseText } from './because.ts';
import { EntityPeers } from './entity-peers.ts';
import { PolicySet } from './evaluate.ts';
import { succeeded } from './outcome.ts';
import { sibling } from './sibling.ts';
import { decidingDirection, worstAnswer } from './worst.ts';

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
}

/** Every edge is counted once: flows = allowed + denied + depends + newlyAllowed + stillDenied. */
export interface ReplayResult {
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
  /** The edges that are denied, depend or are newly allowed, in this order, each sorted by edge key. */
  readonly findings: readonly ReplayFinding[];
}

interface EdgeDecision {
  readonly decision: Decision;
  readonly direction: Direction;
  readonly because: Because;
}

type Count = 'allowed' | 'denied' | 'depends' | 'newlyAllowed' | 'stillDenied';

const found = ['denied', 'depends', 'newlyAllowed'] as const satisfies readonly Count[];

function countedAs(edge: Edge, decision: Decision): Count {
  if (decision === 'depends') return 'depends';
  if (decision === 'allowed') return edge.verdict === 'dropped' ? 'newlyAllowed' : 'allowed';
  return succeeded(edge) ? 'denied' : 'stillDenied';
}

/** Whether an edge lies within a workload that may have several pods. */
function isWithin(a: Entity, b: Entity): boolean {
  return a.type === 'workload' && b.type === 'workload' && a.kind !== 'Pod' && workloadKey(a) === workloadKey(b);
}

class Replay {
  readonly #policies: PolicySet;
  readonly #peers: EntityPeers;

  constructor({ cluster, policies }: ReplayInput) {
    this.#policies = new PolicySet(policies, cluster.nodes);
    this.#peers = new EntityPeers(cluster, (pod) => this.#policies.classOf(pod));
  }

  /** The worst decision over all pairs of pods that may be behind the edge. */
  decide(edge: Edge): EdgeDecision {
    const { client, server, protocol, port } = edge;
    const perNode = [client, server].some((end) => end.type === 'node' || this.#peers.usesHostNetwork(end));
    const clients = this.#peers.of(client, perNode);
    const servers = this.#peers.of(server, perNode).map(isWithin(client, server) ? sibling : (peer) => peer);
    const answer = worstAnswer(this.#policies, clients, servers, { protocol, port });
    const direction = decidingDirection(answer);
    return { decision: answer.decision, direction, because: answer[direction].because };
  }
}

/**
 * Decides every recorded edge under the given policies. An edge between workloads stands for all of their pods as they
 * are in the snapshot: where these differ, the worst decision counts. A workload without pods is decided by its template.
 *
 * @throws WeirError ADDRESS_INVALID for an ipBlock that holds no CIDR
 */
export function replay(input: ReplayInput): ReplayResult {
  const deciding = new Replay(input);
  const counts = { allowed: 0, denied: 0, depends: 0, newlyAllowed: 0, stillDenied: 0 };
  const findings: { readonly count: Count; readonly key: string; readonly finding: ReplayFinding }[] = [];
  for (const edge of input.edges) {
    const { decision, direction, because } = deciding.decide(edge);
    const count = countedAs(edge, decision);
    counts[count]++;
    if (count === 'allowed' || count === 'stillDenied') continue;
    findings.push({ count, key: edgeKey(edge), finding: { edge, decision, direction, because: becauseText(because) } });
  }
  const rank = (count: Count) => found.indexOf(count as (typeof found)[number]);
  findings.sort((a, b) => rank(a.count) - rank(b.count) || compareText(a.key, b.key));
  return { flows: input.edges.length, ...counts, findings: findings.map(({ finding }) => finding) };
}
