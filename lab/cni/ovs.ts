import type { NetworkPolicy } from '../../core/kubernetes.ts';
import { type Cluster, type LabNode, type LabPod, podCidr } from '../cluster.ts';
import { mustRun } from '../command.ts';
import { batch, setSysctls } from '../netns.ts';
import { outsideNetns, underlayGateway } from '../underlay.ts';
import type { Cni } from './cni.ts';
import { type CniNetwork, writeConfiguration, writeResults } from './libcni.ts';
import { balanceByNetfilter } from './netfilter.ts';
import { forwardingFlows, managementInterface, managementPort, podPort, tunnelPort } from './ovs/forwarding.ts';
import { policyFlows } from './ovs/policies.ts';
import { serviceFlows } from './ovs/services.ts';
import { ovsdbSocket, replaceFlows, startSwitch, vsctl } from './ovs/switch.ts';
import { macOf, podMtu, wirePods } from './wiring.ts';

/** The bridge of the pods, and the one that holds the node's way out. */
const integrationBridge = 'br-int';
const externalBridge = 'br-ex';

function addBridge(name: string, failMode: 'secure' | 'standalone'): string[][] {
  return [
    ['add-br', name],
    ['set', 'bridge', name, 'datapath_type=netdev', `fail-mode=${failMode}`],
  ];
}

const network: CniNetwork = {
  name: 'ovn-kubernetes',
  plugin: 'ovn-k8s-cni-overlay',
  file: '10-ovn-kubernetes.conflist',
  prefixLength: 24,
  results: 'first node',
};

async function connectNode(lab: string, node: LabNode, nodes: readonly LabNode[]): Promise<void> {
  await startSwitch(lab, node);
  const tunnels = nodes
    .filter((other) => other !== node)
    .flatMap((other) => {
      const name = `ovn-${other.uid.slice(0, 6)}-0`;
      return [
        ['add-port', integrationBridge, name],
        [
          'set',
          'interface',
          name,
          'type=geneve',
          `options:remote_ip=${other.address}`,
          `ofport_request=${tunnelPort(nodes, other)}`,
        ],
      ];
    });
  await vsctl(node, [
    ...addBridge(integrationBridge, 'secure'),
    ['add-port', integrationBridge, managementInterface],
    [
      'set',
      'interface',
      managementInterface,
      'type=internal',
      `mac="${macOf(node.infrastructureAddress)}"`,
      `ofport_request=${managementPort}`,
    ],
    ...tunnels,
    ...addBridge(externalBridge, 'standalone'),
    // Not eth0's own address: the kernel sees what comes in there too, and must not take it for its own.
    ['set', 'bridge', externalBridge, `other-config:hwaddr="${macOf(node.address)}"`],
    ['add-port', externalBridge, 'eth0'],
  ]);
  // Addresses are asked for by ARP on every interface; only the one that has it may answer.
  await setSysctls(node.netns, { 'ipv4/conf/all/arp_ignore': '1' });
  await batch('ip', node.netns, [
    'addr flush dev eth0',
    `addr add ${node.address}/24 dev ${externalBridge}`,
    `link set ${externalBridge} up`,
    `route add default via ${underlayGateway} dev ${externalBridge}`,
    `addr add ${node.infrastructureAddress}/24 dev ${managementInterface}`,
    `link set ${managementInterface} mtu ${podMtu} up`,
    `route add ${podCidr} via ${node.podGateway} dev ${managementInterface}`,
  ]);
}

/** A datapath in a process reads what stands in the packet, so that checksums have to be there from the start. */
async function writeChecksums(netns: string, link: string): Promise<void> {
  await mustRun(['nsenter', `--net=/run/netns/${netns}`, 'ethtool', '-K', link, 'tx', 'off']);
}

async function addPorts(node: LabNode, pods: readonly LabPod[]): Promise<void> {
  if (pods.length === 0) return;
  await vsctl(
    node,
    pods.flatMap((pod) => [
      ['add-port', integrationBridge, pod.interface],
      [
        'set',
        'interface',
        pod.interface,
        `ofport_request=${podPort(pod)}`,
        `external_ids:iface-id=${pod.namespace}_${pod.name}`,
        `external_ids:iface-id-ver=${pod.uid}`,
        `external_ids:sandbox=${pod.sandbox}`,
        `external_ids:attached_mac="${macOf(pod.address)}"`,
        `external_ids:ip_addresses="${pod.address}/24"`,
      ],
    ]),
  );
}

async function setFlows(cluster: Cluster, policies: readonly NetworkPolicy[]): Promise<void> {
  const { groups, flows } = serviceFlows(cluster);
  await Promise.all(
    cluster.nodes.map((node) =>
      replaceFlows(node, integrationBridge, groups, [
        ...forwardingFlows(cluster, node),
        ...flows,
        ...policyFlows(cluster, node, policies),
      ]),
    ),
  );
}

/** A real Open vSwitch on every node, wired as OVN-Kubernetes does: Services, policies and tunnels are its own. */
export function ovs(lab: string): Cni {
  return {
    name: 'ovs',
    stopReasons: ['unanswered'],

    agentFlags(node) {
      return { ovsdb: ovsdbSocket(node) };
    },

    interfaceOf({ sandbox }) {
      return sandbox.slice(0, 15);
    },

    async connectNodes({ nodes }) {
      await writeConfiguration(nodes, network);
      await Promise.all(nodes.map((node) => writeChecksums(outsideNetns(lab), `to-${node.name}`)));
      await Promise.all(nodes.map((node) => connectNode(lab, node, nodes)));
    },

    async wire(cluster, pods) {
      await wirePods(cluster, pods, {
        hostLink: () => '',
        host: (pod) => [`link set ${pod.interface} up`],
        inside: (pod) => [
          `addr add ${pod.address}/24 dev eth0`,
          `route add default via ${cluster.node(pod.node).podGateway} dev eth0`,
        ],
      });
      await Promise.all(pods.map((pod) => writeChecksums(pod.netns, 'eth0')));
      await Promise.all(
        cluster.nodes.map((node) =>
          addPorts(
            node,
            pods.filter((pod) => pod.node === node.name),
          ),
        ),
      );
      await writeResults(cluster, pods, network);
    },

    async balance(cluster) {
      await setFlows(cluster, cluster.policies);
      // Node ports, and what the node itself calls.
      await balanceByNetfilter(cluster);
    },

    enforce: setFlows,
  };
}
