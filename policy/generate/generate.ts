import { type Edge, edgeKey } from '../../core/edge.ts';
import { WeirError } from '../../core/errors.ts';
import type { Direction } from '../../core/flow.ts';
import { type WorkloadRef, workloadKey } from '../../core/identity.ts';
import type { ClusterSnapshot } from '../../core/kubernetes.ts';
import { compareText } from '../../core/order.ts';
import { entityInScope, type Scope } from '../../core/scope.ts';
import { type Workload, workloadsOf } from '../../core/workload.ts';
import { buildPolicy, type GeneratedPolicy } from './generated-policy.ts';
import { defaultOptions, type GenerateOptions } from './generate-options.ts';
import { askedBy, type KeyedEdge, subjectOf } from './grant.ts';
import { checkManualRules, grantsByChoice } from './manual-grant.ts';
import type { Grant } from './peer-grants.ts';
import { policyNames } from './policy-name.ts';
import { rowLabel } from './row-choices.ts';
import { type Surroundings, surroundingsOf, usesHostNetwork } from './surroundings.ts';
import type { WorkloadSelector } from './workload-selector.ts';

export interface GenerateInput {
  readonly cluster: ClusterSnapshot;
  readonly edges: readonly Edge[];
  /** The workloads that get a policy. */
  readonly scope: Scope;
  /** Of these, only those that are given, such as the workloads behind a Service; all when absent. */
  readonly only?: readonly WorkloadRef[];
  /** The directions that are isolated; none means no policies. */
  readonly directions: readonly Direction[];
  /** What is absent is as `defaultOptions` has it. */
  readonly options?: Partial<GenerateOptions>;
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
  /** What a reader should know about all of it, as sentences. */
  readonly notes: readonly string[];
}

/** A workload that gets a policy. */
interface Subject {
  readonly workload: Workload;
  readonly selector: WorkloadSelector;
  readonly grants: Readonly<Record<Direction, Grant[]>>;
}

const bothDirections = ['egress', 'ingress'] as const;

/** Whether a workload gets a policy, provided that it can have one. */
type InScope = (ref: WorkloadRef) => boolean;

function scopeOf({ scope, only }: GenerateInput): InScope {
  const keys = only === undefined ? null : new Set(only.map(workloadKey));
  return (ref) => entityInScope(scope, { type: 'workload', ...ref }) && (keys === null || keys.has(workloadKey(ref)));
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
function sortedEdges(edges: readonly Edge[]): KeyedEdge[] {
  const keyed = edges.map((edge) => ({ edge, edgeKey: edgeKey(edge) }));
  return keyed.sort((a, b) => compareText(a.edgeKey, b.edgeKey));
}

function subjectFrom(workload: Workload, surroundings: Surroundings): Subject | { readonly reason: string } {
  if (usesHostNetwork(workload)) {
    return { reason: "its pods are on their node's network, which most network plugins do not isolate" };
  }
  const selector = surroundings.selectors.of(workload.ref);
  if (selector === null) {
    return { reason: 'its pods share no label that outlives a rollout and may be used, so no selector can name them' };
  }
  const grants = {
    ingress: grantsByChoice(workload.ref, 'ingress', surroundings),
    egress: grantsByChoice(workload.ref, 'egress', surroundings),
  };
  return { workload, selector, grants };
}

/** Gives each edge to the subjects at its ends, and returns those that a subject can make no rule of. */
function distribute(
  { edges, directions }: GenerateInput,
  inScope: InScope,
  subjects: ReadonlyMap<string, Subject>,
  surroundings: Surroundings,
): ExcludedEdge[] {
  const excluded: ExcludedEdge[] = [];
  for (const keyed of sortedEdges(edges)) {
    const { edge } = keyed;
    for (const direction of bothDirections) {
      const end = subjectOf(edge, direction);
      if (!directions.includes(direction) || end.type !== 'workload') continue;
      const subject = subjects.get(workloadKey(end));
      if (subject === undefined) {
        if (inScope(end)) excluded.push({ edge, direction, reason: 'its own workload gets no policy' });
        continue;
      }
      const asked = askedBy(keyed, direction, end, surroundings);
      if ('reason' in asked) excluded.push({ edge, direction, reason: asked.reason });
      else for (const grant of asked.grants) subject.grants[direction].push(grant);
    }
  }
  return excluded;
}

function notesOn({ choices, options }: Surroundings, { directions }: GenerateInput): string[] {
  const unmet = choices.unmet().map(rowLabel);
  const more =
    unmet.length > maxNoted ? [`${unmet.length - maxNoted} more choices are about rows that were not seen.`] : [];
  const idle = options.manualRules.filter((rule) => !directions.includes(rule.direction)).length;
  return [
    ...unmet.slice(0, maxNoted).map((row) => `A choice is about a row that was not seen: ${row}.`),
    ...more,
    ...(idle > 0 ? [`${idle} manual rules are for a direction that gets no rules.`] : []),
  ];
}

/** How many choices without a row are named. */
const maxNoted = 20;

/**
 * Makes one NetworkPolicy for each workload in scope: it isolates the workload in the chosen directions and allows what
 * came through, no more (but DNS over both UDP and TCP, and what people chose). Whatever gets no rule is listed with its
 * reason. Equal input in any order gives equal output.
 *
 * @throws WeirError NAMESPACE_UNKNOWN, WORKLOAD_UNKNOWN where scope or rules name what the cluster does not have,
 * QUERY_INVALID where choices contradict each other
 */
export function generate(input: GenerateInput): Generated {
  const { cluster, scope, directions } = input;
  const options = { ...defaultOptions, ...input.options };
  const workloads = workloadsOf(cluster).filter(({ pods, hasTemplate }) => pods.length > 0 || hasTemplate);
  checkScope(scope, cluster, workloads);
  if (directions.length === 0) return { policies: [], excluded: [], skipped: [], notes: [] };
  const surroundings = surroundingsOf(cluster, workloads, options);
  checkManualRules(options.manualRules, surroundings);

  const inScope = scopeOf(input);
  const skipped: SkippedWorkload[] = [];
  const subjects = new Map<string, Subject>();
  for (const workload of workloads.filter(({ ref }) => inScope(ref))) {
    const subject = subjectFrom(workload, surroundings);
    if ('reason' in subject) skipped.push({ workload: workload.ref, reason: subject.reason });
    else subjects.set(workloadKey(workload.ref), subject);
  }
  const excluded = distribute(input, inScope, subjects, surroundings);

  const names = policyNames(workloads.map(({ ref }) => ref));
  const policies = [...subjects].map(([key, { workload, selector, grants }]) => {
    const asked = (direction: Direction) => (directions.includes(direction) ? grants[direction] : null);
    return buildPolicy({
      workload: workload.ref,
      name: names.get(key) as string,
      selector,
      grants: { ingress: asked('ingress'), egress: asked('egress') },
      portRanges: options.portRanges,
    });
  });
  return { policies, excluded, skipped, notes: notesOn(surroundings, input) };
}
