import { createHash } from 'node:crypto';
import type { NetworkPolicy } from '../../core/kubernetes.ts';
import type { Cluster, LabNode } from '../cluster.ts';
import { mustRun } from '../command.ts';
import { addNamespaces, batch } from '../netns.ts';
import { attachPrograms, loadPrograms, mapsOf } from './cilium/programs.ts';
import { endpointEntries } from './cilium/endpoints.ts';
import { updateMaps } from './cilium/maps.ts';
import { serviceEntries } from './cilium/services.ts';
import { ciliumRunDir, writeEndpointState } from './cilium/state.ts';
import type { Cni } from './cni.ts';
import { type CniNetwork, writeConfiguration, writeResults } from './libcni.ts';
import { balanceByNetfilter } from './netfilter.ts';
import { macOf, wirePods } from './wiring.ts';

const network: CniNetwork = {
  name: 'cilium',
  plugin: 'cilium-cni',
  file: '05-cilium.conflist',
  prefixLength: 32,
  results: 'first node',
};

/** Cilium's own interfaces and the endpoint of its health checks, which is no pod; nodes are routed to directly. */
async function connectNode(lab: string, node: LabNode, nodes: readonly LabNode[]): Promise<void> {
  const health = `${node.netns}.health`;
  await addNamespaces([health]);
  await batch('ip', node.netns, [
    'link add cilium_host type veth peer name cilium_net',
    'link set cilium_net up',
    'link set cilium_host up',
    `addr add ${node.podGateway}/32 dev cilium_host`,
    `link add lxc_health address ${macOf(node.podGateway)} type veth peer name eth0 netns ${health}`,
    'link set lxc_health up',
    `route add ${node.infrastructureAddress}/32 dev lxc_health scope link`,
    ...nodes.filter((other) => other !== node).map((other) => `route add ${other.podCidr} via ${other.address}`),
    // What is not a pod of this node has no place to go, not even the default route.
    `route add blackhole ${node.podCidr}`,
  ]);
  await batch('ip', health, insideLines(node, node.infrastructureAddress));
  await loadPrograms(lab, node);
}

function insideLines({ podGateway }: LabNode, address: string): string[] {
  return [
    `addr add ${address}/32 dev eth0`,
    'link set eth0 up',
    `route add ${podGateway} dev eth0 scope link`,
    `route add default via ${podGateway} dev eth0`,
  ];
}

async function ifindexesOf(node: LabNode): Promise<Map<string, number>> {
  const links = await mustRun(['nsenter', `--net=${node.netnsPath}`, 'ip', '-json', 'link', 'show']);
  const found = JSON.parse(links) as readonly { readonly ifname: string; readonly ifindex: number }[];
  return new Map(found.map(({ ifname, ifindex }) => [ifname, ifindex]));
}

async function setEndpoints(lab: string, cluster: Cluster, policies: readonly NetworkPolicy[]): Promise<void> {
  await Promise.all(
    cluster.nodes.map(async (node) => {
      await updateMaps(mapsOf(lab, node), endpointEntries(cluster, node, await ifindexesOf(node), policies));
    }),
  );
}

/**
 * BPF in the place of most of the node's stack: Services are balanced at the socket, pods of one node are passed to
 * each other from interface to interface, and policies drop at the interface.
 */
export function cilium(lab: string): Cni {
  return {
    name: 'cilium',
    stopReasons: ['TC_INGRESS', 'TC_EGRESS'],

    agentFlags(node) {
      return { cilium: ciliumRunDir(node) };
    },

    interfaceOf({ sandbox }) {
      return `lxc${createHash('sha256').update(`${sandbox}:eth0`).digest('hex').slice(0, 12)}`;
    },

    async connectNodes({ nodes }) {
      await writeConfiguration(nodes, network);
      await Promise.all(nodes.map((node) => connectNode(lab, node, nodes)));
    },

    async wire(cluster, pods) {
      await wirePods(cluster, pods, {
        hostLink: (pod) => `address ${macOf(cluster.node(pod.node).podGateway)}`,
        host: (pod) => [`link set ${pod.interface} up`, `route add ${pod.address}/32 dev ${pod.interface} scope link`],
        inside: (pod) => insideLines(cluster.node(pod.node), pod.address),
      });
      await setEndpoints(lab, cluster, cluster.policies);
      await Promise.all(
        cluster.nodes.map(async (node) => {
          const local = pods.filter((pod) => pod.node === node.name);
          const ifindexes = await ifindexesOf(node);
          await attachPrograms(lab, node, local);
          for (const pod of local) {
            await writeEndpointState(node, pod, ifindexes.get(pod.interface) ?? 0);
          }
        }),
      );
      await writeResults(cluster, pods, network);
    },

    async balance(cluster) {
      await Promise.all(cluster.nodes.map((node) => updateMaps(mapsOf(lab, node), serviceEntries(cluster))));
      // Node ports, and what the node itself calls.
      await balanceByNetfilter(cluster);
    },

    enforce: (cluster, policies) => setEndpoints(lab, cluster, policies),
  };
}
