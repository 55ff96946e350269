import { type Address, addressFromBytes, type Cidr, parseAddress, parseCidr } from '../../core/address.ts';
import type { Labels, Node } from '../../core/kubernetes.ts';

/** Where network plug-ins note the addresses that a node itself has in their network; some values have a prefix length. */
const addressAnnotations = [
  'projectcalico.org/IPv4Address',
  'projectcalico.org/IPv6Address',
  'projectcalico.org/IPv4IPIPTunnelAddr',
  'projectcalico.org/IPv4VXLANTunnelAddr',
  'projectcalico.org/IPv6VXLANTunnelAddr',
  'projectcalico.org/IPv4WireguardInterfaceAddr',
  'projectcalico.org/IPv6WireguardInterfaceAddr',
  // Router, health endpoint and ingress (cilium pkg/annotation); the io.cilium.network names are older.
  ...['network.cilium.io/', 'io.cilium.network.'].flatMap((prefix) =>
    ['ipv4', 'ipv6'].flatMap((family) =>
      ['cilium-host', 'health-ip', 'Ingress-ip'].map((name) => `${prefix}${family}-${name}`),
    ),
  ),
  'flannel.alpha.coreos.com/public-ip',
  'flannel.alpha.coreos.com/public-ipv6',
  'node.antrea.io/transport-addresses',
];

/** Where OVN-Kubernetes notes addresses as JSON: the router's in the join switch, and those of the node's own network. */
const jsonAddressAnnotations = [
  'k8s.ovn.org/node-gateway-router-lrp-ifaddr',
  'k8s.ovn.org/node-gateway-router-lrp-ifaddrs',
  'k8s.ovn.org/node-primary-ifaddr',
  'k8s.ovn.org/host-addresses',
  'k8s.ovn.org/host-cidrs',
];

/** Where plug-ins note the blocks that a node's pods get their addresses from; OVN-Kubernetes as JSON. */
const blockAnnotations = [
  'network.cilium.io/ipv4-pod-cidr',
  'network.cilium.io/ipv6-pod-cidr',
  'io.cilium.network.ipv4-pod-cidr',
  'io.cilium.network.ipv6-pod-cidr',
  'kube-router.io/pod-cidr',
  'kube-router.io/pod-cidrs',
];
const ovnSubnetsAnnotation = 'k8s.ovn.org/node-subnets';

/** Plug-ins that hand out every address of a block to pods, also the first ones. */
const ownAddressManagement = /^(projectcalico\.org|network\.cilium\.io|io\.cilium\.network)[/.]/;

/** Every text in a JSON value, however deep; none when it is no JSON: other versions may write it otherwise. */
function textsIn(json: string): string[] {
  const texts: string[] = [];
  try {
    JSON.parse(json, (_, value: unknown) => {
      if (typeof value === 'string') texts.push(value);
      return value;
    });
  } catch {
    return [];
  }
  return texts;
}

function valuesOf(annotations: Labels, names: readonly string[]): string[] {
  return names.flatMap((name) => (annotations[name] ?? '').split(',')).filter((text) => text !== '');
}

function jsonValuesOf(annotations: Labels, names: readonly string[]): string[] {
  return names.flatMap((name) => textsIn(annotations[name] ?? ''));
}

/** An address of a block by its place in it, from 0; null where the block is too small. */
function addressIn({ network, prefix }: Cidr, place: number): Address | null {
  if (network.length * 8 - prefix < 2) return null;
  const bytes = Uint8Array.from(network);
  bytes[bytes.length - 1] = (bytes.at(-1) as number) + place;
  return addressFromBytes(bytes);
}

/**
 * The addresses of a node's pod block that host-local address management
 * (https://www.cni.dev/plugins/current/ipam/host-local/) never gives to a pod: the tunnel's (flannel.1) and the
 * gateway's (cni0, antrea-gw0). OVN-Kubernetes keeps the third too, for the node's management port.
 */
function reservedAddresses(annotations: Labels, blocks: readonly Cidr[]): (Address | null)[] {
  if (Object.keys(annotations).some((name) => ownAddressManagement.test(name))) return [];
  const places = annotations[ovnSubnetsAnnotation] === undefined ? [0, 1] : [0, 1, 2];
  return blocks.flatMap((block) => places.map((place) => addressIn(block, place)));
}

/** Every address that means the node itself, or pods on its network. @param blocks the node's part of the pods' network */
export function nodeAddresses(node: Node, blocks: readonly Cidr[]): Address[] {
  const { annotations } = node.metadata;
  const stated = [
    ...(node.status.addresses ?? []).map(({ address }) => address),
    ...valuesOf(annotations, addressAnnotations),
    ...jsonValuesOf(annotations, jsonAddressAnnotations),
  ].map((text) => parseAddress(text.trim().split('/')[0] as string));
  const all = [...stated, ...reservedAddresses(annotations, blocks)].filter((address) => address !== null);
  return [...new Set(all)];
}

/** The blocks that a node's pods get their addresses from, as far as the node object says. */
export function podBlocks({ metadata: { annotations }, spec }: Node): readonly Cidr[] {
  const stated = [spec.podCIDR ?? '', ...(spec.podCIDRs ?? []), ...valuesOf(annotations, blockAnnotations)];
  const all = [...stated, ...jsonValuesOf(annotations, [ovnSubnetsAnnotation])].map((block) => parseCidr(block.trim()));
  const blocks = all.filter((block) => block !== null);
  return [...new Map(blocks.map((block) => [block.text, block])).values()];
}
