import { createHash } from 'node:crypto';
import type { Address } from '../../core/address.ts';
import type { Place } from './inside-process.ts';
import { addressOf } from './namespaces.ts';

/** Calico gives the host side of every pod this address, and pods a neighbour entry for their gateways with it. */
export const hostMac = 'ee:ee:ee:ee:ee:ee';
const gateway = '169.254.1.1';
const gateway6 = 'fe80::ecee:eeff:feee:eeee';

export interface TestPod extends Place {
  readonly name: string;
  readonly address: Address;
  readonly address6: Address;
  readonly interface: string;
  /** Id of its sandbox. */
  readonly containerId: string;
  /** Of eth0; for a guest, of the virtual machine behind it. */
  readonly mac: string;
}

/** How a pod's interface is made. */
export interface Wiring {
  /** The addresses are those of a virtual machine: the kernel's own stack has none of them. */
  readonly guest: boolean;
  /** Name of the node's end; null for the one that Calico gives. */
  readonly interface: ((containerId: string) => string) | null;
  /** Index of the node's end; null for the next. */
  readonly ifindex: number | null;
}

/** What a pod is called and has for addresses. @param node tells nodes apart @param index from 1, unique on its node */
export function planPod(nodeNetns: string, node: number, index: number, name: string, wiring: Wiring): TestPod {
  const [high, low] = [index >> 8, index & 255];
  const hash = createHash('sha1').update(`test.${name}`).digest('hex').slice(0, 11);
  const containerId = createHash('sha256').update(`${nodeNetns} ${index} ${name}`).digest('hex');
  const hex = (byte: number) => byte.toString(16).padStart(2, '0');
  return {
    name,
    address: addressOf(`10.${9 + node}.${high}.${low}`),
    address6: addressOf(`fd00:${9 + node}::${index.toString(16)}`),
    netns: `${nodeNetns}-${index}`,
    interface: wiring.interface === null ? `cali${hash}` : wiring.interface(containerId),
    containerId,
    mac: `02:${wiring.guest ? 'aa' : '00'}:00:0${node}:${hex(high)}:${hex(low)}`,
  };
}

/** The `ip` commands of the node's side of a pod. */
export function hostLines(pod: TestPod, { guest, ifindex }: Wiring): string[] {
  const peer = `peer name eth0 ${guest ? '' : `address ${pod.mac} `}netns ${pod.netns}`;
  return [
    `link add ${pod.interface}${ifindex === null ? '' : ` index ${ifindex}`} address ${hostMac} type veth ${peer}`,
    `link set ${pod.interface} up`,
    `route add ${pod.address}/32 dev ${pod.interface} scope link`,
    `route add ${pod.address6}/128 dev ${pod.interface}`,
    ...(guest ? [`neigh add ${pod.address} lladdr ${pod.mac} dev ${pod.interface}`] : []),
  ];
}

/** What is set inside a pod's own namespace. Its link-local address is probed for, its routers are looked for. */
export function insideLines(pod: TestPod, guest: boolean): string[] {
  const up = ['link set lo up', 'link set eth0 up'];
  if (guest) return up;
  return [
    ...up,
    `addr add ${pod.address}/32 dev eth0`,
    `route add ${gateway} dev eth0 scope link`,
    `neigh add ${gateway} lladdr ${hostMac} dev eth0`,
    `route add default via ${gateway}`,
    `addr add ${pod.address6}/128 dev eth0 nodad`,
    `neigh add ${gateway6} lladdr ${hostMac} dev eth0`,
    `route add default via ${gateway6} dev eth0`,
  ];
}
