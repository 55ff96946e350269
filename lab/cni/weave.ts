import type { LabNode } from '../cluster.ts';
import { podCidr } from '../cluster.ts';
import { batch, setSysctls } from '../netns.ts';
import type { Cni } from './cni.ts';
import { type CniNetwork, writeConfiguration, writeResults } from './libcni.ts';
import { balanceByNetfilter, enforceByNetfilter } from './netfilter.ts';
import { macOf, podMtu, wirePods } from './wiring.ts';

const bridge = 'weave';
const [, prefixLength] = podCidr.split('/') as [string, string];

const network: CniNetwork = {
  name: 'weave',
  plugin: 'weave-net',
  file: '10-weave.conflist',
  prefixLength: Number(prefixLength),
  results: 'first node',
};

/**
 * The bridge of the pods, and the pair of interfaces by which it reaches the datapath between the nodes. Weave's own
 * datapath is an Open vSwitch of the kernel; here a second bridge floods over VXLAN to every other node.
 */
async function connectNode(node: LabNode, nodes: readonly LabNode[]): Promise<void> {
  await batch('ip', node.netns, [
    `link add ${bridge} address ${macOf(node.podGateway)} mtu ${podMtu} type bridge`,
    `addr add ${node.podGateway}/${prefixLength} dev ${bridge}`,
    `link set ${bridge} up`,
    'link add datapath type bridge',
    'link set datapath up',
    'link add vethwe-bridge type veth peer name vethwe-datapath',
    `link set vethwe-bridge master ${bridge} up`,
    'link set vethwe-datapath master datapath up',
    `link add vxlan-6784 type vxlan id 6784 dstport 6784 local ${node.address} dev eth0`,
    'link set vxlan-6784 master datapath up',
    // Replies between pods of one bridge have to pass connection tracking too, or a Service's address is never put
    // back. The datapath must not see the same packet a second time.
    `link set ${bridge} type bridge nf_call_iptables 1`,
  ]);
  await batch(
    'bridge',
    node.netns,
    nodes
      .filter((other) => other !== node)
      .map((other) => `fdb append 00:00:00:00:00:00 dst ${other.address} dev vxlan-6784`),
  );
  await setSysctls(node.netns, { 'bridge/bridge-nf-call-iptables': '0' });
}

/** One bridged network over all nodes, and nftables for Services and policies, also between ports of the bridge. */
export const weave: Cni = {
  name: 'weave',
  stopReasons: ['NETFILTER_DROP'],

  agentFlags() {
    return {};
  },

  interfaceOf({ sandbox }) {
    return `vethwepl${sandbox.slice(0, 7)}`;
  },

  async connectNodes({ nodes }) {
    await writeConfiguration(nodes, network);
    await Promise.all(nodes.map((node) => connectNode(node, nodes)));
  },

  async wire(cluster, pods) {
    await wirePods(cluster, pods, {
      hostLink: () => '',
      // A pod that reaches itself through its Service comes back by the port from which it came.
      host: (pod) => [
        `link set ${pod.interface} master ${bridge} up`,
        `link set ${pod.interface} type bridge_slave hairpin on`,
      ],
      inside: (pod) => [
        `addr add ${pod.address}/${prefixLength} dev eth0`,
        `route add default via ${cluster.node(pod.node).podGateway} dev eth0`,
      ],
    });
    await writeResults(cluster, pods, network);
  },

  balance: balanceByNetfilter,

  // What passes from port to port shows the bridge as its interface on both sides: addresses tell the pods apart.
  async enforce(cluster, policies) {
    await enforceByNetfilter(cluster, policies, (pod, direction) =>
      direction === 'egress' ? `ip saddr ${pod.address}` : `ip daddr ${pod.address}`,
    );
  },
};
