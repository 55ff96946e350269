import { type Edge, edgeKey } from '../core/edge.ts';
import { WeirError } from '../core/errors.ts';
import type { Direction } from '../core/flow.ts';
import { type WorkloadRef, workloadKey } from '../core/identity.ts';
import type { ClusterSnapshot } from '../core/kubernetes.ts';
import { compareText } from '../core/order.ts';
import { entityInScope, type Scope } from '../core/scope.ts';
import { type Workload, workloadsOf } from '../core/workload.ts';
import { ClusterDns } from './dns.ts';
import { buildPolicy, type GeneratedPolicy } from './generated-policy.ts';
import { askedBy, subjectOf, type Surroundings, usesHostNetwork } from './grant.ts';
import { policyNames } from './policy-name.ts';
import type { Grant } from './rule.ts';
import { WorkloadSelectors } from './workload-selector.ts';

export interface GenerateInput {
  readonly cluster: ClusterSnapshot;
  readonly edges: readonly Edge[];
  /** The workloads that get a policy. */
  readonly scope: Scope;
  /** The directions that are isolated; at least one, or no policy is made. */
  readonly directions: readonly Direction[];
}

/** An edge at a workload in scope that no rule was made for. */
export interface ExcludedEdge {
  readonly edge: Edge;
  /** The direction in which the rule is missing. */
  readonly direction: Direction;
  readonly reason: string;
}

/** A workload in scope that gets no policy. */
export interface SkippedWorkload {
  readonly workload: WorkloadRef;
  readonly reason: string;
}

export interface Generated {
  /** Sorted by namespace, kind and name of the workload. */
  readonly policies: readonly GeneratedPolicy[];
  /** Sorted by edge key, then direction. */
  readonly excluded: readonly ExcludedEdge[];
  /** Sorted like the policies. */
  readonly skipped: readonly SkippedWorkload[];
}

interface Subject {
  readonly workload: Workload;
  readonly grants: Record<Direction, Grant[]>;
}

function inScope(scope: Scope, ref: WorkloadRef): boolean {
  return entityInScope(scope, { type: 'workload', ...ref });
}

function reasonToSkip(workload: Workload, { selectors }: Surroundings): string | null {
  if (workload.pods.length === 0 && !workload.hasTemplate) return 'its pods have finished and nothing makes new ones';
  if (usesHostNetwork(workload))
    return "its pods are on their node's network, which most network plugins do not isolate";
  if (selectors.of(workload) === null)
    return 'its pods share no label that outlives a rollout, so no selector can name them';
  return null;
}

function checkScope({ namespace, workload }: Scope, cluster: ClusterSnapshot, workloads: readonly Workload[]): void {
  if (workload !== null && !workloads.some(({ ref }) => workloadKey(ref) === workloadKey(workload))) {
    const { kind, name } = workload;
    throw new WeirError('WORKLOAD_UNKNOWN', `${kind} ${workload.namespace}/${name} is not in the cluster's state`);
  }
  if (namespace === null) return;
  const known =
    cluster.namespaces.some(({ metadata }) => metadata.name === namespace) ||
    workloads.some(({ ref }) => ref.namespace === namespace);
  if (!known) throw new WeirError('NAMESPACE_UNKNOWN', `"${namespace}" is not in the cluster's state`);
}

/** By key, so that nothing that follows depends on the order in which the edges came. */
function sortedEdges(edges: readonly Edge[]): Edge[] {
  const keyed = edges.map((edge) => ({ key: edgeKey(edge), edge }));
  return keyed.sort((a, b) => compareText(a.key, b.key)).map(({ edge }) => edge);
}

/**
 * Makes one NetworkPolicy for each workload in scope: it isolates the workload in the chosen directions and allows what
 * came through, no more (but DNS over both UDP and TCP). Whatever gets no rule is listed with its reason.
 *
 * @throws WeirError NAMESPACE_UNKNOWN, WORKLOAD_UNKNOWN where the scope names what the cluster does not have
 */
export function generate({ cluster, edges, scope, directions }: GenerateInput): Generated {
  const workloads = workloadsOf(cluster).filter(({ pods, hasTemplate }) => pods.length > 0 || hasTemplate);
  checkScope(scope, cluster, workloads);
  const surroundings: Surroundings = {
    workloads: new Map(workloads.map((workload) => [workloadKey(workload.ref), workload])),
    selectors: new WorkloadSelectors(workloads),
    dns: new ClusterDns(cluster, workloads),
  };

  const skipped: SkippedWorkload[] = [];
  const subjects = new Map<string, Subject>();
  for (const workload of workloads.filter(({ ref }) => inScope(scope, ref))) {
    const reason = reasonToSkip(workload, surroundings);
    if (reason !== null) skipped.push({ workload: workload.ref, reason });
    else subjects.set(workloadKey(workload.ref), { workload, grants: { ingress: [], egress: [] } });
  }

  const excluded: ExcludedEdge[] = [];
  for (const edge of sortedEdges(edges)) {
    for (const direction of ['egress', 'ingress'] as const) {
      const end = subjectOf(edge, direction);
      if (!directions.includes(direction) || end.type !== 'workload' || !inScope(scope, end)) continue;
      const subject = subjects.get(workloadKey(end));
      const asked =
        subject === undefined
          ? { reason: 'its workload gets no policy' }
          : askedBy(edge, direction, end.namespace, surroundings);
      if ('reason' in asked) excluded.push({ edge, direction, reason: asked.reason });
      else subject?.grants[direction].push(asked.grant);
    }
  }

  const names = policyNames(workloads.map(({ ref }) => ref));
  const chosen = (direction: Direction, grants: Subject['grants']) =>
    directions.includes(direction) ? grants[direction] : null;
  const policies =
    directions.length === 0
      ? []
      : [...subjects].map(([key, { workload, grants }]) =>
          buildPolicy(
            {
              workload: workload.ref,
              name: names.get(key) as string,
              selector: surroundings.selectors.of(workload) as NonNullable<ReturnType<WorkloadSelectors['of']>>,
              grants: { ingress: chosen('ingress', grants), egress: chosen('egress', grants) },
            },
            surroundings,
          ),
        );
  return { policies, excluded, skipped };
}
