import type { Cluster } from '../../cluster.ts';
import { backendsOf, targetPortOn } from '../../kube-proxy.ts';
import { table, zone } from './pipeline.ts';

const commit = (translation: string) => `ct(commit,zone=${zone.service}${translation},table=${table.egress})`;

/** Load balancing of every Service: a group that chooses a backend for each new connection, and the flows to it. */
export function serviceFlows(cluster: Cluster): { readonly groups: string[]; readonly flows: string[] } {
  const groups: string[] = [];
  const flows: string[] = [];
  for (const service of cluster.topology.services) {
    for (const port of service.ports) {
      const buckets = backendsOf(cluster, service).flatMap((pod) => {
        const target = targetPortOn(pod, port);
        return target === null ? [] : [`bucket=weight:100,actions=${commit(`,nat(dst=${pod.address}:${target})`)}`];
      });
      if (buckets.length === 0) continue;
      const id = groups.length + 1;
      groups.push([`group_id=${id},type=select`, ...buckets].join(','));
      const match = `ct_state=+trk+new,${port.protocol.toLowerCase()},nw_dst=${service.clusterIp},tp_dst=${port.port}`;
      flows.push(`table=${table.service},priority=100,${match} actions=group:${id}`);
    }
  }
  flows.push(
    `table=${table.service},priority=10,ct_state=+trk+new,ip actions=${commit('')}`,
    `table=${table.service},priority=0,ip actions=resubmit(,${table.egress})`,
  );
  return { groups, flows };
}
