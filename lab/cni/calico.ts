import { createHash } from 'node:crypto';
import type { LabNode } from '../cluster.ts';
import { batch, setSysctls } from '../netns.ts';
import type { Cni } from './cni.ts';
import { type CniNetwork, writeConfiguration, writeResults } from './libcni.ts';
import { balanceByNetfilter, enforceByNetfilter } from './netfilter.ts';
import { macOf, wirePods } from './wiring.ts';

/** The address that every pod routes to; no interface has it, the node answers ARP for it. */
const podGateway = '169.254.1.1';
const tunnel = 'vxlan.calico';

/** The address of a node's end of the tunnel: the first of its block of pod addresses. */
function tunnelAddress({ podCidr }: LabNode): string {
  return podCidr.replace(/\/.*$/, '');
}

const network: CniNetwork = {
  name: 'k8s-pod-network',
  plugin: 'calico',
  file: '10-calico.conflist',
  prefixLength: 32,
  results: 'every node',
};

/** Calico's VXLAN: a route to every other node's block over the tunnel, and who is where stated, never learned. */
async function connectNode(node: LabNode, nodes: readonly LabNode[]): Promise<void> {
  const others = nodes.filter((other) => other !== node);
  const link = `id 4096 dstport 4789 local ${node.address} dev eth0 nolearning`;
  await batch('ip', node.netns, [
    `link add ${tunnel} address ${macOf(tunnelAddress(node))} type vxlan ${link}`,
    `addr add ${tunnelAddress(node)}/32 dev ${tunnel}`,
    `link set ${tunnel} up`,
    ...others.flatMap((other) => [
      `neigh add ${tunnelAddress(other)} lladdr ${macOf(tunnelAddress(other))} dev ${tunnel}`,
      `route add ${other.podCidr} via ${tunnelAddress(other)} dev ${tunnel} onlink`,
    ]),
    // What is not a pod of this node has no place to go, not even the default route.
    `route add blackhole ${node.podCidr}`,
  ]);
  await batch(
    'bridge',
    node.netns,
    others.map((other) => `fdb add ${macOf(tunnelAddress(other))} dst ${other.address} dev ${tunnel}`),
  );
  // Interfaces that are made from now on, the pods', answer for the gateway.
  await setSysctls(node.netns, { 'ipv4/conf/default/proxy_arp': '1' });
}

/** Routed /32 addresses behind proxy ARP, VXLAN between the nodes, and nftables for Services and policies. */
export const calico: Cni = {
  name: 'calico',
  stopReasons: ['NETFILTER_DROP'],

  agentFlags() {
    return {};
  },

  interfaceOf({ namespace, name }) {
    return `cali${createHash('sha1').update(`${namespace}.${name}`).digest('hex').slice(0, 11)}`;
  },

  async connectNodes({ nodes }) {
    await writeConfiguration(nodes, network);
    await Promise.all(nodes.map((node) => connectNode(node, nodes)));
  },

  async wire(cluster, pods) {
    await wirePods(cluster, pods, {
      hostLink: () => 'address ee:ee:ee:ee:ee:ee',
      host: (pod) => [`link set ${pod.interface} up`, `route add ${pod.address}/32 dev ${pod.interface} scope link`],
      inside: (pod) => [
        `addr add ${pod.address}/32 dev eth0`,
        `route add ${podGateway} dev eth0 scope link`,
        `route add default via ${podGateway} dev eth0`,
      ],
    });
    await Promise.all(
      cluster.nodes.map((node) => {
        // The answer for the gateway would come after a random delay of up to 0.8 s otherwise.
        const delays = pods
          .filter((pod) => pod.node === node.name)
          .map((pod) => [`ipv4/neigh/${pod.interface}/proxy_delay`, '0'] as const);
        return setSysctls(node.netns, Object.fromEntries(delays));
      }),
    );
    await writeResults(cluster, pods, network);
  },

  balance: balanceByNetfilter,

  async enforce(cluster, policies) {
    await enforceByNetfilter(cluster, policies, (pod, direction) =>
      direction === 'egress' ? `iifname "${pod.interface}"` : `oifname "${pod.interface}"`,
    );
  },
};
