import { edgeKey, type EdgeId } from '../../core/edge.ts';
import { WeirError } from '../../core/errors.ts';
import type { Direction } from '../../core/flow.ts';
import { namespaceOf } from '../../core/identity.ts';
import type { Policy } from '../../core/kubernetes.ts';
import { assumptions, type Because, becauseText, type PolicyRef } from '../../policy/evaluate/because.ts';
import { canonicalYaml } from '../../policy/print/canonical.ts';
import { causesOf, disagrees } from '../../policy/explain/disagreement.ts';
import { pathOfPlace } from '../../policy/evaluate/place.ts';
import { policyKey, refOf } from '../../policy/evaluate/policy-key.ts';
import { Roster } from '../../policy/evaluate/roster.ts';
import { editTexts, why, type Why } from '../../policy/explain/why.ts';
import { linesIn } from '../../policy/print/yaml-lines.ts';
import { decodeEntity, encodeEdge } from '../../proto/convert-edge.ts';
import { coreProtocol } from '../../proto/names.ts';
import type { PolicyHandlers } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { encodePolicyRef, encodeRule } from '../../proto/convert-rule.ts';
import { seenSnapshot } from '../access/seen-snapshot.ts';
import { policiesOf, type PolicyParts, seenDuring } from './parts.ts';

/** @throws WeirError QUERY_INVALID when a part is missing or out of its range */
function readAsked({ client, server, protocol, port }: wire.WhyRequest): EdgeId {
  const known = coreProtocol[protocol];
  if (client === null || server === null || known === undefined) {
    throw new WeirError('QUERY_INVALID', 'a client, a server and a protocol are needed; name all three');
  }
  if (port > 65535 || (port === 0 && !known.startsWith('ICMP'))) {
    throw new WeirError('QUERY_INVALID', `port ${port}; give a port from 1 to 65535`);
  }
  return { client: decodeEntity(client), server: decodeEntity(server), protocol: known, port };
}

/** The policies that a decision rests on. */
function policiesBehind(because: Because): readonly PolicyRef[] {
  if (because.type === 'rule') return [because.policy];
  return because.type === 'default-deny' || because.type === 'open' ? because.policies : [];
}

class Reasons {
  readonly #byKey: ReadonlyMap<string, Policy>;

  constructor(policies: readonly Policy[]) {
    this.#byKey = new Map(policies.map((policy) => [policyKey(refOf(policy)), policy]));
  }

  behind(because: Because): Policy[] {
    return policiesBehind(because).flatMap((ref) => this.#byKey.get(policyKey(ref)) ?? []);
  }

  encode({ answer }: Why, direction: Direction): wire.DirectionReason {
    const { decision, because } = answer[direction];
    const [policy] = this.behind(because);
    const yaml = policy === undefined ? '' : canonicalYaml(policy);
    const assumption = because.type === 'rule' || because.type === 'open' ? because.assumption : null;
    return {
      decision,
      because: becauseText(because),
      assumption: assumption === null ? '' : assumptions[assumption],
      rule: policy === undefined ? null : ruleOf(policy, because, yaml),
      yaml,
    };
  }
}

function ruleOf(of: Policy, because: Because, yaml: string): wire.RuleRef {
  if (because.type !== 'rule') return encodePolicyRef(of);
  const { policy, direction, rule: index } = because;
  return encodeRule({ of, policy, direction, index, lastUse: null }, linesIn(yaml, pathOfPlace(because)));
}

/** Tells why a communication is or is not allowed now, beside what the network did with it. */
export function whyHandler({ state, history, agents }: PolicyParts): PolicyHandlers['why'] {
  return async (request, sight) => {
    const asked = readAsked(request);
    const { edges, coverage } = await seenDuring(history, request.range, sight);
    for (const end of [asked.client, asked.server]) {
      if (end.type === 'workload') state.checkRecorded({ namespace: end.namespace, workload: end }, history, sight);
    }
    const snapshot = seenSnapshot(state.snapshot, sight);
    const found = why(new Roster(snapshot), policiesOf(snapshot), asked);
    // What is written in policies of the cluster is about others too, and so would be an edit of them.
    const reasons = new Reasons(sight === null ? policiesOf(snapshot) : snapshot.networkPolicies);
    const showsEdits = sight === null || snapshot.clusterPolicies.length === 0;
    const observed = edges.find((edge) => edgeKey(edge) === edgeKey(asked)) ?? null;
    const isOther = observed !== null && disagrees(observed, found);
    const { answer } = found;
    const deciding = (['egress', 'ingress'] as const)
      .filter((direction) => answer[direction].decision === answer.decision)
      .flatMap((direction) => reasons.behind(answer[direction].because));
    const near = new Set([...(sight === null ? [''] : []), namespaceOf(asked.client), namespaceOf(asked.server)]);
    const others = snapshot.otherPolicies.filter(({ metadata }) => near.has(metadata.namespace));
    const plugins = [...new Set(agents.states().flatMap(({ status }) => status?.cnis.map(({ name }) => name) ?? []))];
    const causes = isOther ? causesOf({ observed, why: found, deciding, others, coverage, plugins }) : [];
    return {
      decision: answer.decision,
      ingress: reasons.encode(found, 'ingress'),
      egress: reasons.encode(found, 'egress'),
      observed: observed && encodeEdge(observed),
      disagrees: isOther,
      disagreement: causes.join('; '),
      edits: showsEdits ? editTexts(found) : [],
      editsLeadTo: showsEdits ? (found.editsLeadTo ?? '') : '',
    };
  };
}
