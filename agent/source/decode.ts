import { type Address, addressFromBytes } from '../../core/address.ts';
import { type Drops, type MutableCounters, type Protocol, type Role, zeroCounters } from '../../core/flow.ts';
import type { EntryDelta, EntryLayout } from './deltas.ts';
import { dropEdgeLayout, dropKeyLayout, edgeKeyLayout, packetEdgeLayout, socketEdgeLayout } from './layout.ts';
import type { Scope, SourceEdge } from './source.ts';

/** IANA protocol numbers that the kernel side folds. */
const protocolNames: Readonly<Record<number, Protocol>> = { 6: 'TCP', 17: 'UDP' };
const roles: Readonly<Record<number, Role>> = { 1: 'client', 2: 'server' };

/** Addresses come again in every window: their text is made once. */
const maxAddresses = 65_536;
const addresses = new Map<string, Address>();

function addressAt(buffer: Buffer, offset: number): Address {
  const bytes = buffer.toString('latin1', offset, offset + 16);
  let address = addresses.get(bytes);
  if (address === undefined) {
    if (addresses.size >= maxAddresses) addresses.clear();
    address = addressFromBytes(buffer.subarray(offset, offset + 16));
    addresses.set(bytes, address);
  }
  return address;
}

/** CLOCK_MONOTONIC nanoseconds to Unix milliseconds. */
export type ToUnixMs = (monoNs: number) => number;

interface Key {
  readonly role: Role;
  readonly remote: Address;
  readonly port: number;
  readonly protocol: Protocol;
}

function keyAt({ buffer, offset }: EntryDelta): Key {
  const protocol = protocolNames[buffer.readUInt8(offset + edgeKeyLayout.protocol)];
  const role = roles[buffer.readUInt8(offset + edgeKeyLayout.role)];
  if (protocol === undefined || role === undefined) throw new Error('an edge key that bpf/ does not write');
  return {
    role,
    protocol,
    remote: addressAt(buffer, offset + edgeKeyLayout.remote),
    port: buffer.readUInt16LE(offset + edgeKeyLayout.port),
  };
}

function edge(delta: EntryDelta, scope: Scope, key: Key, counters: MutableCounters, drops: Drops, toUnixMs: ToUnixMs) {
  const firstSeenUnixMs = toUnixMs(delta.firstNs);
  return { scope, ...key, counters, drops, firstSeenUnixMs, lastSeenUnixMs: toUnixMs(delta.lastNs) };
}

function interfaceScope({ buffer, offset }: EntryDelta): Scope {
  return { type: 'interface', ifindex: buffer.readUInt32LE(offset + edgeKeyLayout.scope) };
}

/** What a map's entries are and how one becomes an edge. */
export interface MapDecoder {
  readonly layout: EntryLayout;
  decode(delta: EntryDelta, toUnixMs: ToUnixMs): SourceEdge;
}

export const socketEdges: MapDecoder = {
  layout: {
    keySize: edgeKeyLayout.size,
    valueSize: socketEdgeLayout.size,
    firstNs: socketEdgeLayout.firstNs,
    lastNs: socketEdgeLayout.lastNs,
    counters: Object.values(socketEdgeLayout.counters),
  },
  decode(delta, toUnixMs) {
    const key = keyAt(delta);
    const [attempts, established, refused, unanswered, sent, received, segmentsSent, segmentsReceived, retransmits] =
      delta.counters as [number, number, number, number, number, number, number, number, number];
    const client = key.role === 'client';
    const counters = {
      ...zeroCounters(),
      attempts,
      established,
      refused,
      unanswered,
      bytesToServer: client ? sent : received,
      bytesToClient: client ? received : sent,
      packetsToServer: client ? segmentsSent : segmentsReceived,
      packetsToClient: client ? segmentsReceived : segmentsSent,
      retransmits,
    };
    const cookie = delta.buffer.readBigUInt64LE(delta.offset + edgeKeyLayout.scope);
    return edge(delta, { type: 'namespace', cookie }, key, counters, {}, toUnixMs);
  },
};

export const packetEdges: MapDecoder = {
  layout: {
    keySize: edgeKeyLayout.size,
    valueSize: packetEdgeLayout.size,
    firstNs: packetEdgeLayout.firstNs,
    lastNs: packetEdgeLayout.lastNs,
    counters: Object.values(packetEdgeLayout.counters),
  },
  decode(delta, toUnixMs) {
    const key = keyAt(delta);
    const [synPackets, packetsFromPod, bytesFromPod, packetsToPod, bytesToPod] = delta.counters as [
      number,
      number,
      number,
      number,
      number,
    ];
    const client = key.role === 'client';
    const counters = {
      ...zeroCounters(),
      synPackets,
      packetsToServer: client ? packetsFromPod : packetsToPod,
      packetsToClient: client ? packetsToPod : packetsFromPod,
      bytesToServer: client ? bytesFromPod : bytesToPod,
      bytesToClient: client ? bytesToPod : bytesFromPod,
    };
    return edge(delta, interfaceScope(delta), key, counters, {}, toUnixMs);
  },
};

/** @param reasonNames the running kernel's names of drop reasons, by number */
export function dropEdges(reasonNames: ReadonlyMap<number, string>): MapDecoder {
  return {
    layout: {
      keySize: dropKeyLayout.size,
      valueSize: dropEdgeLayout.size,
      firstNs: dropEdgeLayout.firstNs,
      lastNs: dropEdgeLayout.lastNs,
      counters: Object.values(dropEdgeLayout.counters),
    },
    decode(delta, toUnixMs) {
      const reason = delta.buffer.readUInt32LE(delta.offset + dropKeyLayout.reason);
      const drops = { [reasonNames.get(reason) ?? `REASON_${reason}`]: delta.counters[0] as number };
      return edge(delta, interfaceScope(delta), keyAt(delta), zeroCounters(), drops, toUnixMs);
    },
  };
}
