import type { Direction } from '../../core/flow.ts';
import { type Entity, namespaceOf, type WorkloadRef } from '../../core/identity.ts';
import type { OtherPolicy, Policy } from '../../core/kubernetes.ts';
import { compareText } from '../../core/order.ts';
import { entityInScope, type Scope } from '../../core/scope.ts';
import { canonicalYaml } from '../../policy/print/canonical.ts';
import type { PodPeer } from '../../policy/evaluate/query.ts';
import { Roster } from '../../policy/evaluate/roster.ts';
import { type Selection, selectionOf } from '../../policy/evaluate/selection.ts';
import { decodeEntity } from '../../proto/convert-edge.ts';
import type { PolicyHandlers } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { seenSnapshot } from '../access/seen-snapshot.ts';
import { readScope } from '../query/question.ts';
import { policiesOf, type PolicyParts } from './parts.ts';

const maxSelected = 200;

/** The tier of a policy and its priority there; the lowest is asked first. */
function standingOf(policy: Policy): { readonly tier: string; readonly priority: number } {
  switch (policy.kind) {
    case 'NetworkPolicy':
      return { tier: 'networkpolicy', priority: 0 };
    case 'AdminNetworkPolicy':
      return { tier: 'admin', priority: policy.spec.priority };
    case 'BaselineAdminNetworkPolicy':
      return { tier: 'baseline', priority: 0 };
    case 'ClusterNetworkPolicy':
      return { tier: policy.spec.tier.toLowerCase(), priority: policy.spec.priority };
  }
}

const tiers = ['admin', 'networkpolicy', 'baseline', ''];

function inOrder(a: wire.AppliedPolicy, b: wire.AppliedPolicy): number {
  return (
    tiers.indexOf(a.tier) - tiers.indexOf(b.tier) ||
    a.priority - b.priority ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.kind, b.kind) ||
    compareText(a.name, b.name)
  );
}

/** What is asked about: whether a policy has a say there, and for which directions. */
interface Question {
  readonly bearing: (selection: Selection) => readonly Direction[] | null;
  readonly concerns: (namespace: string) => boolean;
}

function askedOfPair(roster: Roster, client: Entity, server: Entity): Question {
  const podsOf = (entity: Entity): readonly PodPeer[] =>
    entity.type === 'workload' ? (roster.podsOf(entity) ?? []) : [];
  const ends = { egress: podsOf(client), ingress: podsOf(server) };
  return {
    bearing: ({ directions, selects }) => directions.filter((direction) => ends[direction].some(selects)),
    concerns: (namespace) => [client, server].some((entity) => namespaceOf(entity) === namespace),
  };
}

function askedOfScope(roster: Roster, scope: Scope): Question {
  const inScope = roster.workloads.filter(({ ref }) => entityInScope(scope, { type: 'workload', ...ref }));
  const pods = inScope.flatMap(({ ref }) => roster.podsOf(ref) ?? []);
  const isWhole = scope.workload === null;
  return {
    // A policy that selects nobody stands in its namespace all the same.
    bearing: ({ namespace, selects }) =>
      (isWhole && (scope.namespace === null || namespace === scope.namespace)) || pods.some(selects) ? [] : null,
    concerns: (namespace) => scope.namespace === null || (scope.workload?.namespace ?? scope.namespace) === namespace,
  };
}

function selectedBy({ selects }: Selection, roster: Roster): WorkloadRef[] {
  return roster.workloads.filter(({ ref }) => (roster.podsOf(ref) ?? []).some(selects)).map(({ ref }) => ref);
}

function encodeApplied(selection: Selection, roster: Roster, bearing: readonly Direction[]): wire.AppliedPolicy {
  const { policy, directions } = selection;
  const selects = selectedBy(selection, roster);
  const { kind, metadata } = policy;
  return {
    kind,
    namespace: metadata.namespace,
    name: metadata.name,
    ...standingOf(policy),
    yaml: canonicalYaml(policy),
    ingress: directions.includes('ingress'),
    egress: directions.includes('egress'),
    selects: selects.slice(0, maxSelected),
    selected: selects.length,
    bearsOn: bearing.join(', '),
  };
}

/** Shown as it is: what it selects is not known here. */
function encodeOther(policy: OtherPolicy): wire.AppliedPolicy {
  const { kind, metadata } = policy;
  const unknown = { tier: '', priority: 0, ingress: false, egress: false, selects: [], selected: 0, bearsOn: '' };
  return { kind, namespace: metadata.namespace, name: metadata.name, yaml: canonicalYaml(policy), ...unknown };
}

/** Lists the policies that are applied and bear on a scope, or on the way from one end to another. */
export function appliedHandler({ state, history }: PolicyParts): PolicyHandlers['listApplied'] {
  return (request, sight) => {
    const scope = readScope(request.scope);
    state.checkRecorded(scope, history, sight);
    const snapshot = seenSnapshot(state.snapshot, sight);
    const roster = new Roster(snapshot);
    const { client, server } = request;
    const { bearing, concerns } =
      client !== null && server !== null
        ? askedOfPair(roster, decodeEntity(client), decodeEntity(server))
        : askedOfScope(roster, scope);
    const isPair = client !== null && server !== null;
    // What is written in policies of the cluster is about others too.
    const shown = sight === null ? policiesOf(snapshot) : snapshot.networkPolicies;
    const evaluated = shown.map(selectionOf).flatMap((selection) => {
      const directions = bearing(selection);
      if (directions === null || (isPair && directions.length === 0)) return [];
      return [encodeApplied(selection, roster, directions)];
    });
    const others = snapshot.otherPolicies.filter(({ metadata: { namespace } }) =>
      namespace === '' ? sight === null : concerns(namespace),
    );
    return { policies: [...evaluated, ...others.map(encodeOther)].sort(inOrder) };
  };
}
