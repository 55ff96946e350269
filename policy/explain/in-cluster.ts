import {
  type Address,
  addressToBytes,
  type Cidr,
  cidrContainsBytes,
  parseAddress,
  parseCidr,
} from '../../core/address.ts';
import { type ClusterSnapshot, podAddresses } from '../../core/kubernetes.ts';

function addressesOf({ pods, services, nodes }: ClusterSnapshot): Address[] {
  const texts = [
    ...pods.flatMap(podAddresses),
    ...services.flatMap(({ spec }) => [spec.clusterIP ?? '', ...(spec.clusterIPs ?? [])]),
    ...nodes.flatMap(({ status }) => (status.addresses ?? []).map(({ address }) => address)),
  ];
  return texts.map(parseAddress).filter((address) => address !== null);
}

/** Tells whether blocks hold an address of a pod, a Service or a node; asked blocks are remembered. */
export function clusterBlocks(cluster: ClusterSnapshot): (cidr: string) => boolean {
  let addresses: readonly Uint8Array[] | null = null;
  const known = new Map<string, boolean>();
  const holdsAny = (block: Cidr) => {
    addresses ??= addressesOf(cluster).map(addressToBytes);
    return addresses.some((address) => cidrContainsBytes(block, address));
  };
  return (cidr) => {
    let answer = known.get(cidr);
    if (answer === undefined) {
      const block = parseCidr(cidr);
      answer = block !== null && holdsAny(block);
      known.set(cidr, answer);
    }
    return answer;
  };
}
