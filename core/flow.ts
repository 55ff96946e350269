import type { Address } from './address.ts';
import type { PodRef } from './identity.ts';
import type { UnixMs, Window } from './time.ts';

/** Transport protocols that carry ports, as Kubernetes spells them, and the two ICMPs. */
export const protocols = ['TCP', 'UDP', 'SCTP', 'ICMP', 'ICMPv6'] as const;
export type Protocol = (typeof protocols)[number];

/** Which end of a flow a pod is: the client opens it, the server owns the port. */
export type Role = 'client' | 'server';

/** The direction of a flow as a pod sees it: a server's flow is ingress, a client's egress. */
export type Direction = 'ingress' | 'egress';

export function directionOf(role: Role): Direction {
  return role === 'server' ? 'ingress' : 'egress';
}

/**
 * How it is known which end is the client, from the weakest to the strongest. A policy never rests on `ports`.
 * - `ports`: only the port numbers tell; the lower is taken for the server's
 * - `listener`: the server's socket was bound to its port by name before anything was said
 * - `first-packet`: the client was seen to speak first
 * - `conntrack`: the node's connection tracking remembers who spoke first
 * - `handshake`: the sockets' own states, or a SYN or INIT
 */
export const directionEvidence = ['ports', 'listener', 'first-packet', 'conntrack', 'handshake'] as const;
export type DirectionEvidence = (typeof directionEvidence)[number];

export function strongerEvidence(a: DirectionEvidence, b: DirectionEvidence): DirectionEvidence {
  return directionEvidence.indexOf(a) > directionEvidence.indexOf(b) ? a : b;
}

/**
 * Counts of one flow in one window. Bytes are payload for TCP (the socket's own counters) and IP length for
 * everything else; packets are segments that the socket sent or received, or packets on the pod's interface.
 */
export interface FlowCounters {
  /** TCP connect() calls that sent a SYN, or SCTP INITs. Known at the client only. */
  readonly attempts: number;
  /** TCP connections that reached ESTABLISHED, or SCTP associations that were answered. */
  readonly established: number;
  /** Attempts, or datagrams, that were answered with a reset, an abort or an ICMP unreachable. */
  readonly refused: number;
  /** Attempts that ended without any answer. */
  readonly unanswered: number;
  /** TCP SYN segments seen on the pod's interface, repeats included. */
  readonly synPackets: number;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  readonly packetsToServer: number;
  readonly packetsToClient: number;
  readonly retransmits: number;
  /** Sum of the samples of TCP's smoothed round-trip time in microseconds: one per connection and window. */
  readonly rttMicros: number;
  /** How many samples `rttMicros` adds up; the mean is their quotient. */
  readonly rttSamples: number;
}

export type CounterName = keyof FlowCounters;

/** In the order in which every columnar form lists them. */
export const counterNames = [
  'attempts',
  'established',
  'refused',
  'unanswered',
  'synPackets',
  'bytesToServer',
  'bytesToClient',
  'packetsToServer',
  'packetsToClient',
  'retransmits',
  'rttMicros',
  'rttSamples',
] as const satisfies readonly CounterName[];

export type MutableCounters = { -readonly [K in CounterName]: number };

export function zeroCounters(): MutableCounters {
  return {
    attempts: 0,
    established: 0,
    refused: 0,
    unanswered: 0,
    synPackets: 0,
    bytesToServer: 0,
    bytesToClient: 0,
    packetsToServer: 0,
    packetsToClient: 0,
    retransmits: 0,
    rttMicros: 0,
    rttSamples: 0,
  };
}

export function addCounters(into: MutableCounters, from: FlowCounters): void {
  for (const name of counterNames) into[name] += from[name];
}

/** Dropped packets by the kernel's name of the reason, such as NETFILTER_DROP. */
export type Drops = Readonly<Record<string, number>>;

export function addDrops(into: Record<string, number>, from: Drops): void {
  for (const [reason, packets] of Object.entries(from)) into[reason] = (into[reason] ?? 0) + packets;
}

export function droppedPackets(drops: Drops): number {
  let total = 0;
  for (const packets of Object.values(drops)) total += packets;
  return total;
}

/** An address with a port, 0 to 65535. */
export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

/** What one pod reported about one far end in one window: the unit that travels from agent to aggregator. */
export interface FlowRecord {
  /** The reporter: the pod on the agent's node whose interface or sockets were watched. */
  readonly pod: PodRef;
  readonly role: Role;
  readonly directionBy: DirectionEvidence;
  /** The far end's address, behind the node's address translation where the kernel showed what is there. */
  readonly remote: Address;
  /** The server's port, 0 to 65535, behind the node's address translation. For ICMP: type * 256 + code. */
  readonly port: number;
  readonly protocol: Protocol;
  /**
   * What the pod itself saw in place of `remote` and `port` when the node translated them: for a client the Service's
   * address and port, for a server the address that masquerades the client (and its own port). Null when nothing was
   * translated, or nothing is known of it: then `remote` may be a Service's address.
   */
  readonly seenAs: Endpoint | null;
  /** The name that the pod asked the DNS for and got `remote` as an answer; null when there is none. */
  readonly remoteName: string | null;
  readonly counters: FlowCounters;
  readonly drops: Drops;
  /** First and last packet or state change inside the window. */
  readonly firstSeenUnixMs: UnixMs;
  readonly lastSeenUnixMs: UnixMs;
}

/** Events that a stage could not keep, by stage, in one window. Empty means that the window is complete. */
export type Losses = Readonly<Record<string, number>>;

/** Everything that one agent saw in one window. `sequence` counts up by one within an `epoch` (a start of the agent). */
export interface Batch {
  readonly epoch: number;
  readonly sequence: number;
  readonly window: Window;
  readonly losses: Losses;
  readonly records: readonly FlowRecord[];
}
