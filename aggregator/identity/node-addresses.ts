import { type Address, addressFromBytes, parseAddress, parseCidr } from '../../core/address.ts';
import type { Node } from '../../core/kubernetes.ts';

/** Where CNI plug-ins note the addresses of their gateways and tunnels on a node; some values carry a prefix length. */
const addressAnnotations = [
  'projectcalico.org/IPv4Address',
  'projectcalico.org/IPv6Address',
  'projectcalico.org/IPv4IPIPTunnelAddr',
  'projectcalico.org/IPv4VXLANTunnelAddr',
  'projectcalico.org/IPv6VXLANTunnelAddr',
  'projectcalico.org/IPv4WireguardInterfaceAddr',
  'network.cilium.io/ipv4-cilium-host',
  'network.cilium.io/ipv6-cilium-host',
  'io.cilium.network.ipv4-cilium-host',
  'io.cilium.network.ipv6-cilium-host',
  'flannel.alpha.coreos.com/public-ip',
];

/** Plug-ins that hand out every address of a block to pods, also the first ones. */
const ownAddressManagement = /^(projectcalico\.org|network\.cilium\.io|io\.cilium\.network)\//;

/**
 * The first two addresses of a node's pod block: the tunnel's and the bridge's, which host-local address management
 * (https://www.cni.dev/plugins/current/ipam/host-local/) never gives to a pod.
 */
function reservedAddresses(block: string): Address[] {
  const cidr = parseCidr(block);
  if (cidr === null || cidr.network.length * 8 - cidr.prefix < 2) return [];
  const bridge = Uint8Array.from(cidr.network);
  bridge[bridge.length - 1] = (bridge.at(-1) as number) + 1;
  return [addressFromBytes(cidr.network), addressFromBytes(bridge)];
}

/** Every address that means the node itself, or pods on its network. */
export function nodeAddresses(node: Node): Address[] {
  const { annotations } = node.metadata;
  const stated = [
    ...(node.status.addresses ?? []).map(({ address }) => address),
    ...addressAnnotations.map((name) => annotations[name] ?? ''),
  ]
    .map((text) => parseAddress(text.split('/')[0] as string))
    .filter((address) => address !== null);
  if (Object.keys(annotations).some((name) => ownAddressManagement.test(name))) return stated;
  return [...stated, ...podBlocks(node).flatMap(reservedAddresses)];
}

/** The blocks that a node's pods get their addresses from, as far as the node object says. */
export function podBlocks(node: Node): readonly string[] {
  return [...new Set([node.spec.podCIDR ?? '', ...(node.spec.podCIDRs ?? [])].filter((block) => block !== ''))];
}
