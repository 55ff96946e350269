import type { Direction } from '../../../core/flow.ts';
import type { NetworkPolicy } from '../../../core/kubernetes.ts';
import { type Allowed, allowedOf } from '../../allowed.ts';
import { portMasks } from '../../blocks.ts';
import type { Cluster, LabNode } from '../../cluster.ts';
import { table } from './pipeline.ts';

/** What an allowance matches, besides the pod: one match for every far end and block of ports. */
function matchesOf({ peers, protocol, ports }: Allowed, direction: Direction): string[] {
  const field = direction === 'ingress' ? 'nw_src' : 'nw_dst';
  const far = peers === null ? [''] : peers.map(({ text }) => `,${field}=${text}`);
  const transport = protocol?.toLowerCase() ?? 'ip';
  const near =
    ports === null
      ? ['']
      : portMasks(ports.first, ports.last).map(({ value, mask }) => `,tp_dst=${value}/0x${mask.toString(16)}`);
  return far.flatMap((each) => near.map((port) => `${transport}${each}${port}`));
}

/**
 * Policies of one node's pods as flows. Only replies pass by their connection's state: the opener's packets are judged
 * one by one, so that a connection which was open before a policy came is cut too.
 */
export function policyFlows(cluster: Cluster, node: LabNode, policies: readonly NetworkPolicy[]): string[] {
  const flows = [
    `table=${table.egress},priority=200,ct_state=+rpl,ip actions=resubmit(,${table.forward})`,
    `table=${table.egress},priority=200,ct_state=+rel,ip actions=resubmit(,${table.forward})`,
    `table=${table.egress},priority=0,ip actions=resubmit(,${table.ingress})`,
    // A node always reaches its own pods.
    `table=${table.ingress},priority=200,ip,nw_src=${node.infrastructureAddress} actions=resubmit(,${table.forward})`,
    `table=${table.ingress},priority=0,ip actions=resubmit(,${table.forward})`,
  ];
  for (const pod of cluster.pods.filter((each) => each.node === node.name)) {
    for (const direction of ['egress', 'ingress'] as const) {
      const allowed = allowedOf(cluster, policies, pod, direction);
      if (allowed === null) continue;
      const own = `${direction === 'egress' ? 'nw_src' : 'nw_dst'}=${pod.address}`;
      const next = direction === 'egress' ? table.ingress : table.forward;
      const at = `table=${table[direction]}`;
      const matches = new Set(allowed.flatMap((each) => matchesOf(each, direction)));
      flows.push(...[...matches].map((match) => `${at},priority=100,${match},${own} actions=resubmit(,${next})`));
      flows.push(`${at},priority=50,ip,${own} actions=drop`);
    }
  }
  return flows;
}
