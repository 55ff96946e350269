import { type Address, addressFromBytes } from '../../core/address.ts';
import {
  type DirectionEvidence,
  directionEvidence,
  type Drops,
  type Endpoint,
  type MutableCounters,
  type Protocol,
  type Role,
  zeroCounters,
} from '../../core/flow.ts';
import type { EntryDelta, EntryLayout } from './deltas.ts';
import {
  dropEdgeLayout,
  dropKeyLayout,
  edgeKeyLayout,
  packetEdgeLayout,
  plainEdgeKeyLayout,
  readCount,
  socketEdgeLayout,
} from './layout.ts';
import type { Scope, SourceEdge } from './source.ts';

/** IANA protocol numbers that the kernel side folds. */
const protocolNames: Readonly<Record<number, Protocol>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6', 132: 'SCTP' };
const roles: Readonly<Record<number, Role>> = { 1: 'client', 2: 'server' };
const namespaceScope = 1;

/** Addresses come again in every window: their text is made once. */
const maxAddresses = 65_536;
const addresses = new Map<string, Address>();
const noAddress = '\0'.repeat(16);

function addressOf(bytes: string): Address {
  let address = addresses.get(bytes);
  if (address === undefined) {
    if (addresses.size >= maxAddresses) addresses.clear();
    address = addressFromBytes(Buffer.from(bytes, 'latin1'));
    addresses.set(bytes, address);
  }
  return address;
}

/** The address of 16 bytes, IPv4 ones mapped into IPv6. */
export function addressAt(buffer: Buffer, offset: number): Address {
  return addressOf(buffer.toString('latin1', offset, offset + 16));
}

/** CLOCK_MONOTONIC nanoseconds to Unix milliseconds. */
export type ToUnixMs = (monoNs: number) => number;

interface Key {
  readonly scope: Scope;
  readonly role: Role;
  readonly remote: Address;
  readonly port: number;
  readonly protocol: Protocol;
  readonly seenAs: Endpoint | null;
}

/** How the keys of a map are read. */
interface KeyReader {
  readonly size: number;
  scope(buffer: Buffer, offset: number): Scope;
  read(buffer: Buffer, offset: number): Key;
}

function scopeAt(buffer: Buffer, offset: number): Scope {
  return buffer.readUInt8(offset + edgeKeyLayout.scopeType) === namespaceScope
    ? { type: 'namespace', cookie: buffer.readBigUInt64LE(offset + edgeKeyLayout.scope) }
    : { type: 'interface', ifindex: buffer.readUInt32LE(offset + edgeKeyLayout.scope) };
}

function seenAsAt(buffer: Buffer, offset: number): Endpoint | null {
  const at = offset + edgeKeyLayout.seenAs;
  const bytes = buffer.toString('latin1', at, at + 16);
  if (bytes === noAddress) return null;
  return { address: addressOf(bytes), port: buffer.readUInt16LE(offset + edgeKeyLayout.seenPort) };
}

/** What both kinds of key hold. */
function commonAt(layout: typeof edgeKeyLayout | typeof plainEdgeKeyLayout, buffer: Buffer, offset: number) {
  const protocol = protocolNames[buffer.readUInt8(offset + layout.protocol)];
  const role = roles[buffer.readUInt8(offset + layout.role)];
  if (protocol === undefined || role === undefined) throw new Error('an edge key that bpf/ does not write');
  const remote = addressAt(buffer, offset + layout.remote);
  return { role, protocol, remote, port: buffer.readUInt16LE(offset + layout.port) };
}

const edgeKeys: KeyReader = {
  size: edgeKeyLayout.size,
  scope: scopeAt,
  read: (buffer, offset) => ({
    scope: scopeAt(buffer, offset),
    ...commonAt(edgeKeyLayout, buffer, offset),
    seenAs: seenAsAt(buffer, offset),
  }),
};

/** A drop's key begins with an edge's. */
const dropKeys: KeyReader = { ...edgeKeys, size: dropKeyLayout.size };

function interfaceAt(buffer: Buffer, offset: number): Scope {
  return { type: 'interface', ifindex: buffer.readUInt32LE(offset + plainEdgeKeyLayout.interface) };
}

const plainKeys: KeyReader = {
  size: plainEdgeKeyLayout.size,
  scope: interfaceAt,
  read: (buffer, offset) => ({
    scope: interfaceAt(buffer, offset),
    ...commonAt(plainEdgeKeyLayout, buffer, offset),
    seenAs: null,
  }),
};

interface Told {
  readonly directionBy: DirectionEvidence;
  readonly counters: MutableCounters;
  readonly drops: Drops;
}

/** What a map's entries are and how one becomes an edge. */
export interface MapDecoder {
  readonly layout: EntryLayout;
  /** Where the entry with this key was seen. */
  scopeOf(key: Buffer): Scope;
  decode(delta: EntryDelta, toUnixMs: ToUnixMs): SourceEdge;
}

interface ValueLayout {
  readonly size: number;
  readonly firstNs: number;
  readonly lastNs: number;
  readonly counters: Readonly<Record<string, number>>;
}

function decoder(keys: KeyReader, value: ValueLayout, tell: (delta: EntryDelta, key: Key) => Told): MapDecoder {
  const { size: valueSize, firstNs, lastNs } = value;
  return {
    layout: { keySize: keys.size, valueSize, firstNs, lastNs, counters: Object.values(value.counters) },
    scopeOf: (key) => keys.scope(key, 0),
    decode(delta, toUnixMs) {
      const key = keys.read(delta.buffer, delta.offset);
      const firstSeenUnixMs = toUnixMs(delta.firstNs);
      return { ...key, ...tell(delta, key), firstSeenUnixMs, lastSeenUnixMs: toUnixMs(delta.lastNs) };
    },
  };
}

/** Counters by their names in a layout. */
function named<Name extends string>(layout: Readonly<Record<Name, number>>, counters: readonly number[]) {
  return Object.fromEntries(Object.keys(layout).map((name, i) => [name, counters[i]])) as Record<Name, number>;
}

export const socketEdges: MapDecoder = decoder(edgeKeys, socketEdgeLayout, (delta, { role }) => {
  const told = named(socketEdgeLayout.counters, delta.counters);
  const client = role === 'client';
  const counters = {
    ...zeroCounters(),
    attempts: client ? told.established + told.refused + told.unanswered : 0,
    established: told.established,
    refused: told.refused,
    unanswered: told.unanswered,
    bytesToServer: client ? told.bytesSent : told.bytesReceived,
    bytesToClient: client ? told.bytesReceived : told.bytesSent,
    packetsToServer: client ? told.segmentsSent : told.segmentsReceived,
    packetsToClient: client ? told.segmentsReceived : told.segmentsSent,
    retransmits: told.retransmits,
    rttMicros: told.rttUs,
    rttSamples: told.rttSamples,
  };
  return { directionBy: 'handshake', counters, drops: {} };
});

function tellPackets(keySize: number, delta: EntryDelta, { role }: Key): Told {
  const told = named(packetEdgeLayout.counters, delta.counters);
  const client = role === 'client';
  const counters = {
    ...zeroCounters(),
    // Only a client attempts; the kernel side counts at both ends to tell a refusal from a later end.
    attempts: client ? told.attempts : 0,
    established: told.established,
    refused: told.refused,
    synPackets: told.synPackets,
    packetsToServer: client ? told.packetsFromPod : told.packetsToPod,
    packetsToClient: client ? told.packetsToPod : told.packetsFromPod,
    bytesToServer: client ? told.bytesFromPod : told.bytesToPod,
    bytesToClient: client ? told.bytesToPod : told.bytesFromPod,
  };
  const evidence = readCount(delta.buffer, delta.offset + keySize + packetEdgeLayout.evidence);
  return { directionBy: directionEvidence[evidence - 1] ?? 'ports', counters, drops: {} };
}

function packetDecoder(keys: KeyReader): MapDecoder {
  return decoder(keys, packetEdgeLayout, (delta, key) => tellPackets(keys.size, delta, key));
}

export const packetEdges = packetDecoder(plainKeys);
export const translatedEdges = packetDecoder(edgeKeys);

/** @param reasonNames the running kernel's names of drop reasons, by number */
export function dropEdges(reasonNames: ReadonlyMap<number, string>): MapDecoder {
  return decoder(dropKeys, dropEdgeLayout, ({ buffer, offset, counters: [packets] }, { protocol }) => {
    const reason = buffer.readUInt32LE(offset + dropKeyLayout.reason);
    const drops = { [reasonNames.get(reason) ?? `REASON_${reason}`]: packets as number };
    // What was dropped tells who spoke only where the packet itself or the sockets say it.
    const directionBy = protocol === 'UDP' ? 'first-packet' : 'handshake';
    return { directionBy, counters: zeroCounters(), drops };
  });
}
