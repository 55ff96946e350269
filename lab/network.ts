import { mustRun } from './command.ts';
import { type Cluster, type LabNode, type LabPod, podCidr } from './cluster.ts';
import { netnsPrefix } from './names.ts';

/** The address that every pod routes to; no interface has it, the node answers ARP for it. Calico's choice. */
const podGateway = '169.254.1.1';
const underlayGateway = '172.30.0.1';

/** Name of the namespace that stands for the world outside the cluster. */
export function outsideNetns(lab: string): string {
  return `${netnsPrefix(lab)}outside`;
}

/** Runs `ip` commands, one a line, inside a network namespace. */
async function ipBatch(netns: string, lines: readonly string[]): Promise<void> {
  await mustRun(['ip', '-n', netns, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** Writes settings below /proc/sys/net as seen inside a network namespace. A kernel without IPv6 lacks those of IPv6. */
async function setSysctls(netns: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const script = Object.entries(settings)
    .map(([name, value]) => {
      const write = `echo ${value} > /proc/sys/net/${name}`;
      return name.startsWith('ipv6/') ? `[ ! -e /proc/sys/net/${name} ] || ${write}` : write;
    })
    .join('\n');
  await mustRun(['nsenter', `--net=/run/netns/${netns}`, 'sh', '-ec', script]);
}

const ipv4Only = { 'ipv6/conf/all/disable_ipv6': '1', 'ipv6/conf/default/disable_ipv6': '1' };
const noReversePathFilter = { 'ipv4/conf/all/rp_filter': '0', 'ipv4/conf/default/rp_filter': '0' };

/** Builds the nodes' and the outside's namespaces and the underlay between them. */
export async function buildUnderlay(lab: string, cluster: Cluster): Promise<void> {
  const { externals, upstreamDns, visitor } = cluster.topology;
  const outside = outsideNetns(lab);
  const names = [outside, ...cluster.nodes.map((node) => node.netns)];
  await mustRun(['ip', '-batch', '-'], { input: names.map((name) => `netns add ${name}\n`).join('') });
  await Promise.all(names.map((name) => setSysctls(name, { ...ipv4Only, ...noReversePathFilter })));
  await ipBatch(outside, [
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
  await Promise.all(cluster.nodes.map((node) => buildNode(node, cluster.nodes)));
}

async function buildNode(node: LabNode, nodes: readonly LabNode[]): Promise<void> {
  await ipBatch(node.netns, [
    'link set lo up',
    `addr add ${node.address}/24 dev eth0`,
    'link set eth0 up',
    `route add default via ${underlayGateway}`,
    ...nodes.filter((other) => other !== node).map((other) => `route add ${other.podCidr} via ${other.address}`),
    // What is not a pod of this node has no place to go, not even the default route.
    `route add blackhole ${node.podCidr}`,
  ]);
  await setSysctls(node.netns, {
    'ipv4/ip_forward': '1',
    // Interfaces that are made from now on, the pods', answer for the gateway.
    'ipv4/conf/default/proxy_arp': '1',
  });
}

/** Builds the pods' namespaces and wires each to its node: a routed /32, as Calico does. */
export async function buildPods(cluster: Cluster, pods: readonly LabPod[]): Promise<void> {
  await mustRun(['ip', '-batch', '-'], { input: pods.map((pod) => `netns add ${pod.netns}\n`).join('') });
  await Promise.all(pods.map((pod) => setSysctls(pod.netns, ipv4Only)));
  await Promise.all(
    cluster.nodes.map(async (node) => {
      const local = pods.filter((pod) => pod.node === node.name);
      await ipBatch(
        node.netns,
        local.flatMap((pod) => [
          `link add ${pod.interface} address ee:ee:ee:ee:ee:ee type veth peer name eth0 netns ${pod.netns}`,
          `link set ${pod.interface} up`,
          `route add ${pod.address}/32 dev ${pod.interface} scope link`,
        ]),
      );
      // The answer for the gateway would come after a random delay of up to 0.8 s otherwise.
      const delays = local.map((pod) => [`ipv4/neigh/${pod.interface}/proxy_delay`, '0']);
      await setSysctls(node.netns, Object.fromEntries(delays) as Record<string, string>);
    }),
  );
  await Promise.all(
    pods.map((pod) =>
      ipBatch(pod.netns, [
        'link set lo up',
        `addr add ${pod.address}/32 dev eth0`,
        'link set eth0 up',
        `route add ${podGateway} dev eth0 scope link`,
        `route add default via ${podGateway} dev eth0`,
      ]),
    ),
  );
}

/** The nft table that gives traffic which leaves the cluster its node's address (Calico's natOutgoing). */
export function natOutgoingRules(): string {
  return `table ip weir-nat-outgoing {
  chain postrouting {
    type nat hook postrouting priority srcnat + 10; policy accept;
    ip saddr ${podCidr} ip daddr != { ${podCidr}, 172.30.0.0/24 } masquerade
  }
}
`;
}
