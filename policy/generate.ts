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
import { type WorkloadSelector, WorkloadSelectors } from './workload-selector.ts';

export interface GenerateInput {
  readonly cluster: ClusterSnapshot;
  readonly edges: readonly Edge[];
  /** The workloads that get a policy. */
  readonly scope: Scope;
  /** The directions that are isolated; none means no policies. */
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

/** A workload that gets a policy. */
interface Subject {
  readonly workload: Workload;
  readonly selector: WorkloadSelector;
  readonly grants: Readonly<Record<Direction, Grant[]>>;
}

const bothDirections = ['egress', 'ingress'] as const;

function inScope(scope: Scope, ref: WorkloadRef): boolean {
  return entityInScope(scope, { type: 'workload', ...ref });
}

function checkScope({ namespace, workload }: Scope, cluster: ClusterSnapshot, workloads: readonly Workload[]): void {
  if (workload !== null && !workloads.some(({ ref }) => workloadKey(ref) === workloadKey(workload))) {
    const { kind, name } = workload;
    throw new WeirError(
      'WORKLOAD_UNKNOWN',
      `${kind} ${workload.namespace}/${name} has no pods and no template in the cluster's state`,
    );
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

function subjectFrom(workload: Workload, { selectors }: Surroundings): Subject | { readonly reason: string } {
  if (usesHostNetwork(workload)) {
    return { reason: "its pods are on their node's network, which most network plugins do not isolate" };
  }
  const selector = selectors.of(workload.ref);
  if (selector === null) {
    return { reason: 'its pods share no label that outlives a rollout, so no selector can name them' };
  }
  return { workload, selector, grants: { ingress: [], egress: [] } };
}

/** Gives each edge to the subjects at its ends, and returns those that a subject can make no rule of. */
function distribute(
  { edges, scope, directions }: GenerateInput,
  subjects: ReadonlyMap<string, Subject>,
  surroundings: Surroundings,
): ExcludedEdge[] {
  const excluded: ExcludedEdge[] = [];
  for (const edge of sortedEdges(edges)) {
    for (const direction of bothDirections.filter((each) => directions.includes(each))) {
      const end = subjectOf(edge, direction);
      if (end.type !== 'workload' || !inScope(scope, end)) continue;
      const subject = subjects.get(workloadKey(end));
      if (subject === undefined) {
        excluded.push({ edge, direction, reason: 'its own workload gets no policy' });
        continue;
      }
      const asked = askedBy(edge, direction, end.namespace, surroundings);
      if ('reason' in asked) excluded.push({ edge, direction, reason: asked.reason });
      else subject.grants[direction].push(asked.grant);
    }
  }
  return excluded;
}

/**
 * Makes one NetworkPolicy for each workload in scope: it isolates the workload in the chosen directions and allows what
 * came through, no more (but DNS over both UDP and TCP). Whatever gets no rule is listed with its reason.
 *
 * @throws WeirError NAMESPACE_UNKNOWN, WORKLOAD_UNKNOWN where the scope names what the cluster does not have
 */
export function generate(input: GenerateInput): Generated {
  const { cluster, scope, directions } = input;
  const workloads = workloadsOf(cluster).filter(({ pods, hasTemplate }) => pods.length > 0 || hasTemplate);
  checkScope(scope, cluster, workloads);
  if (directions.length === 0) return { policies: [], excluded: [], skipped: [] };
  const surroundings: Surroundings = {
    workloads: new Map(workloads.map((workload) => [workloadKey(workload.ref), workload])),
    selectors: new WorkloadSelectors(workloads),
    dns: new ClusterDns(cluster, workloads),
  };

  const skipped: SkippedWorkload[] = [];
  const subjects = new Map<string, Subject>();
  for (const workload of workloads.filter(({ ref }) => inScope(scope, ref))) {
    const subject = subjectFrom(workload, surroundings);
    if ('reason' in subject) skipped.push({ workload: workload.ref, reason: subject.reason });
    else subjects.set(workloadKey(workload.ref), subject);
  }
  const excluded = distribute(input, subjects, surroundings);

  const names = policyNames(workloads.map(({ ref }) => ref));
  const policies = [...subjects].map(([key, { workload, selector, grants }]) => {
    const asked = (direction: Direction) => (directions.includes(direction) ? grants[direction] : null);
    const plan = { workload: workload.ref, name: names.get(key) as string, selector };
    return buildPolicy(
      { ...plan, grants: { ingress: asked('ingress'), egress: asked('egress') } },
      surroundings.selectors,
    );
  });
  return { policies, excluded, skipped };
}
