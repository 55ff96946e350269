import { type Cluster, type LabNode, type LabPod, podCidr } from '../../cluster.ts';
import { macOf } from '../wiring.ts';
import { table, zone } from './pipeline.ts';

/** OpenFlow port of the node's own end of the bridge, and its interface. */
export const managementPort = 2;
export const managementInterface = 'ovn-k8s-mp0';
const firstTunnelPort = 1000;

/** OpenFlow port of a pod: the last byte of its address, which no other pod of the node has. */
export function podPort({ address }: LabPod): number {
  return Number(address.split('.')[3]);
}

/** OpenFlow port of the tunnel to another node. */
export function tunnelPort(nodes: readonly LabNode[], other: LabNode): number {
  return firstTunnelPort + nodes.indexOf(other);
}

function hexOf(address: string): string {
  return `0x${address
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('')}`;
}

/** Answers ARP requests for an address in the place of whoever has it. */
function arpAnswer(address: string, mac: string): string {
  const answer = [
    'move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]',
    `mod_dl_src:${mac}`,
    'load:2->NXM_OF_ARP_OP[]',
    'move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]',
    'move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]',
    `load:0x${mac.replaceAll(':', '')}->NXM_NX_ARP_SHA[]`,
    `load:${hexOf(address)}->NXM_OF_ARP_SPA[]`,
    'IN_PORT',
  ];
  return `table=${table.arp},priority=100,arp,arp_op=1,arp_tpa=${address} actions=${answer.join(',')}`;
}

/** From whom ARP is asked, where packets go first, and where they leave the bridge. */
export function forwardingFlows(cluster: Cluster, node: LabNode): string[] {
  const { podGateway } = node;
  const gatewayMac = macOf(podGateway);
  const pods = cluster.pods.filter((pod) => pod.node === node.name);
  const own = node.infrastructureAddress;
  const track = `ct(zone=${zone.service},nat,table=${table.service})`;
  const to = (mac: string, port: number) =>
    `mod_dl_src:${gatewayMac},mod_dl_dst:${mac},load:0->NXM_OF_IN_PORT[],output:${port}`;
  const hairpin = `ct(commit,zone=${zone.hairpin},nat(src=${podGateway}),table=${table.deliver})`;
  return [
    `table=${table.start},priority=100,arp actions=resubmit(,${table.arp})`,
    // Answers of a pod to itself, which it sends to the gateway that stood in for it.
    `table=${table.start},priority=50,ip,nw_dst=${podGateway} actions=ct(zone=${zone.hairpin},nat,table=${table.translate})`,
    `table=${table.start},priority=10,ip actions=${track}`,
    `table=${table.translate},priority=10,ip actions=${track}`,
    ...[podGateway, own, ...pods.map(({ address }) => address)].map((address) => arpAnswer(address, macOf(address))),
    ...pods.map(
      ({ address }) => `table=${table.forward},priority=200,ip,nw_src=${address},nw_dst=${address} actions=${hairpin}`,
    ),
    `table=${table.forward},priority=100,ip,nw_dst=${node.podCidr} actions=resubmit(,${table.deliver})`,
    ...cluster.nodes
      .filter((other) => other !== node)
      .map((other) => {
        const port = tunnelPort(cluster.nodes, other);
        return `table=${table.forward},priority=100,ip,nw_dst=${other.podCidr} actions=output:${port}`;
      }),
    `table=${table.forward},priority=50,ip,nw_dst=${podCidr} actions=drop`,
    // The world is the node's own business: it masquerades, and it opens node ports.
    `table=${table.forward},priority=0,ip actions=${to(macOf(own), managementPort)}`,
    `table=${table.deliver},priority=100,ip,nw_dst=${own} actions=${to(macOf(own), managementPort)}`,
    ...pods.map(
      (pod) =>
        `table=${table.deliver},priority=100,ip,nw_dst=${pod.address} actions=${to(macOf(pod.address), podPort(pod))}`,
    ),
  ];
}
