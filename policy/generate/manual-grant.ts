import { WeirError } from '../../core/errors.ts';
import { entityLabel, type WorkloadRef, workloadKey } from '../../core/identity.ts';
import type { Direction } from '../../core/flow.ts';
import type { ManualRule } from './generate-options.ts';
import type { Grant } from './peer-grants.ts';
import { blockPeer, everyone } from './rule-peer.ts';
import type { Surroundings } from './surroundings.ts';
import { namespacePeer, workloadPeer } from './workload-peer.ts';

const byHand = 'added by a person: no traffic asks for it';
const byGeneralRule = 'from a general rule: it allows more than was seen';

function peerLabelOf({ peer }: ManualRule): string {
  if (peer.type === 'block') return peer.cidr;
  return peer.type === 'namespace' ? `namespace ${peer.namespace}` : entityLabel(peer);
}

/** @throws WeirError NAMESPACE_UNKNOWN, WORKLOAD_UNKNOWN, QUERY_INVALID where a rule names what no policy can name */
export function checkManualRules(rules: readonly ManualRule[], surroundings: Surroundings): void {
  for (const rule of rules) {
    const { peer } = rule;
    if (peer.type === 'block') continue;
    const { namespace } = peer;
    if (peer.type === 'workload' && !surroundings.workloads.has(workloadKey(peer))) {
      throw new WeirError('WORKLOAD_UNKNOWN', `${entityLabel(peer)} of a manual rule is not in the cluster's state`);
    }
    if (!surroundings.namespaces.has(namespace)) {
      throw new WeirError('NAMESPACE_UNKNOWN', `"${namespace}" of a manual rule is not in the cluster's state`);
    }
    const named = namedPeerOf(rule, '', surroundings);
    if ('reason' in named)
      throw new WeirError('QUERY_INVALID', `no manual rule can name ${peerLabelOf(rule)}: ${named.reason}`);
  }
}

function namedPeerOf({ peer }: ManualRule, own: string, surroundings: Surroundings) {
  switch (peer.type) {
    case 'block':
      return { peer: blockPeer(peer.cidr), peerLabel: peer.cidr, catches: [] };
    case 'namespace':
      return namespacePeer(peer.namespace, own, surroundings);
    case 'workload':
      return workloadPeer(peer, own, surroundings);
  }
}

/** What people ask for in a direction besides the rows: their own rules and the general one. */
export function grantsByChoice(subject: WorkloadRef, direction: Direction, surroundings: Surroundings): Grant[] {
  const { options } = surroundings;
  const grants: Grant[] = [];
  for (const rule of options.manualRules) {
    if (rule.direction !== direction) continue;
    const named = namedPeerOf(rule, subject.namespace, surroundings);
    if ('reason' in named) continue;
    const ports = rule.ports?.map(({ protocol, first, last }) => ({ protocol, first, last })) ?? null;
    grants.push({ ...named, ports, edge: null, edgeKey: '', doubts: [byHand] });
  }
  const doubts = [byGeneralRule];
  if (options.general[direction] === 'allow-all') {
    grants.push({ peer: everyone, peerLabel: 'everyone', ports: null, edge: null, edgeKey: '', catches: [], doubts });
  }
  if (options.general[direction] === 'allow-inside-namespace') {
    const peerLabel = `namespace ${subject.namespace}`;
    const catches = surroundings.selectors.inNamespace(subject.namespace);
    grants.push({
      peer: { type: 'pods', namespace: null, labels: {} },
      peerLabel,
      ports: null,
      edge: null,
      edgeKey: '',
      catches,
      doubts,
    });
  }
  return grants;
}
