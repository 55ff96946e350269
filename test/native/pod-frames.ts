import { type Extension, type Ipv4Options, ipv4, ipv4Packet, ipv6, ipv6Packet } from './frames.ts';

/** Packets between a pod and its peer, from and to the pod. */

export const pod = '10.1.0.1';
export const peer = '10.1.0.2';
export const peer6 = 'fd00::2';

type Ipv4Rest = Omit<Ipv4Options, 'source' | 'destination' | 'protocol'>;

export const fromPod = (protocol: number, payload: Buffer, rest: Ipv4Rest = {}) =>
  ipv4({ ...rest, source: pod, destination: peer, protocol }, payload);

export const toPod = (protocol: number, payload: Buffer, rest: Ipv4Rest = {}) =>
  ipv4({ ...rest, source: peer, destination: pod, protocol }, payload);

export const fromPod6 = (protocol: number, payload: Buffer, chain: readonly Extension[] = []) =>
  ipv6(1, 2, protocol, chain, payload);

export const toPod6 = (protocol: number, payload: Buffer, chain: readonly Extension[] = []) =>
  ipv6(2, 1, protocol, chain, payload);

/** The same without Ethernet, as an ICMP error carries them. */
export const packetFromPod = (protocol: number, payload: Buffer, rest: Ipv4Rest = {}) =>
  ipv4Packet({ ...rest, source: pod, destination: peer, protocol }, payload);

export const packetToPod = (protocol: number, payload: Buffer, rest: Ipv4Rest = {}) =>
  ipv4Packet({ ...rest, source: peer, destination: pod, protocol }, payload);

export const packetFromPod6 = (protocol: number, payload: Buffer, chain: readonly Extension[] = []) =>
  ipv6Packet(1, 2, protocol, chain, payload);
