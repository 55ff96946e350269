import { type Cluster, type LabNode, podCidr } from './cluster.ts';
import { netnsPrefix } from './names.ts';
import { addNamespaces, batch, ipv4Only, loadRules, setSysctls } from './netns.ts';

const underlayCidr = '172.30.0.0/24';
export const underlayGateway = '172.30.0.1';

/** Name of the namespace that stands for the world outside the cluster. */
export function outsideNetns(lab: string): string {
  return `${netnsPrefix(lab)}outside`;
}

const noReversePathFilter = { 'ipv4/conf/all/rp_filter': '0', 'ipv4/conf/default/rp_filter': '0' };

/** Builds the nodes' and the outside's namespaces and the network between them: all that is there before a CNI comes. */
export async function buildUnderlay(lab: string, cluster: Cluster): Promise<void> {
  const { externals, upstreamDns, visitor } = cluster.topology;
  const outside = outsideNetns(lab);
  const names = [outside, ...cluster.nodes.map((node) => node.netns)];
  await addNamespaces(names);
  await Promise.all(names.map((name) => setSysctls(name, { ...ipv4Only, ...noReversePathFilter })));
  await batch('ip', outside, [
    'link set lo up',
    'link add underlay type bridge',
    `addr add ${underlayGateway}/24 dev underlay`,
    'link set underlay up',
    ...[...externals, upstreamDns, visitor].map(({ address }) => `addr add ${address}/32 dev lo`),
    ...cluster.nodes.flatMap((node) => [
      `link add to-${node.name} type veth peer name eth0 netns ${node.netns}`,
      `link set to-${node.name} master underlay up`,
    ]),
  ]);
  await Promise.all(cluster.nodes.map(buildNode));
}

async function buildNode(node: LabNode): Promise<void> {
  await batch('ip', node.netns, [
    'link set lo up',
    `addr add ${node.address}/24 dev eth0`,
    'link set eth0 up',
    `route add default via ${underlayGateway}`,
  ]);
  await setSysctls(node.netns, { 'ipv4/ip_forward': '1' });
  await loadRules(node.netns, natOutgoingRules());
}

/** The nft table that gives traffic which leaves the cluster its node's address. */
function natOutgoingRules(): string {
  return `table ip weir-nat-outgoing {
  chain postrouting {
    type nat hook postrouting priority srcnat + 10; policy accept;
    ip saddr ${podCidr} ip daddr != { ${podCidr}, ${underlayCidr} } masquerade
  }
}
`;
}
