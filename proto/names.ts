import type { EdgeOrder } from '../core/edge-order.ts';
import type { DirectionEvidence, Protocol } from '../core/flow.ts';
import type { Verdict } from '../core/verdict.ts';
import type * as wire from './wire.ts';

function inverse<Name extends string, Wire extends string>(names: Readonly<Record<Name, Wire>>) {
  return Object.fromEntries(Object.entries(names).map(([name, wireName]) => [wireName, name])) as Readonly<
    Partial<Record<string, Name>>
  >;
}

export const wireProtocol = {
  TCP: 'PROTOCOL_TCP',
  UDP: 'PROTOCOL_UDP',
  SCTP: 'PROTOCOL_SCTP',
  ICMP: 'PROTOCOL_ICMP',
  ICMPv6: 'PROTOCOL_ICMPV6',
} as const satisfies Record<Protocol, wire.Protocol>;

export const wireEvidence = {
  ports: 'DIRECTION_EVIDENCE_PORTS',
  listener: 'DIRECTION_EVIDENCE_LISTENER',
  'first-packet': 'DIRECTION_EVIDENCE_FIRST_PACKET',
  conntrack: 'DIRECTION_EVIDENCE_CONNTRACK',
  handshake: 'DIRECTION_EVIDENCE_HANDSHAKE',
} as const satisfies Record<DirectionEvidence, wire.DirectionEvidence>;

export const wireVerdict = {
  forwarded: 'VERDICT_FORWARDED',
  dropped: 'VERDICT_DROPPED',
  refused: 'VERDICT_REFUSED',
  unanswered: 'VERDICT_UNANSWERED',
} as const satisfies Record<Verdict, wire.Verdict>;

export const wireEdgeOrder = {
  ends: 'EDGE_ORDER_UNSPECIFIED',
  bytes: 'EDGE_ORDER_BYTES',
  connections: 'EDGE_ORDER_CONNECTIONS',
  'last-seen': 'EDGE_ORDER_LAST_SEEN',
  denied: 'EDGE_ORDER_DENIED',
} as const satisfies Record<EdgeOrder, wire.EdgeOrder>;

/** From the wire's names; undefined for a name or number that this version does not know. */
export const coreProtocol = inverse(wireProtocol);
export const coreEvidence = inverse(wireEvidence);
export const coreVerdict = inverse(wireVerdict);
export const coreEdgeOrder = inverse(wireEdgeOrder);

/**
 * Whether a text may name a drop reason or a stage of loss: 1 to 64 printable ASCII characters, and nothing that every
 * JavaScript object already has, because the counts are kept in plain objects.
 */
export function isCountName(text: string): boolean {
  return /^[!-~]{1,64}$/.test(text) && !(text in Object.prototype);
}

/** Whether a text may be a name in the DNS: 1 to 253 printable ASCII characters (RFC 1035, 2.3.4, without the root). */
export function isDnsName(text: string): boolean {
  return /^[!-~]{1,253}$/.test(text);
}
