export type Protocol =
  | 'PROTOCOL_UNSPECIFIED'
  | 'PROTOCOL_TCP'
  | 'PROTOCOL_UDP'
  | 'PROTOCOL_SCTP'
  | 'PROTOCOL_ICMP'
  | 'PROTOCOL_ICMPV6';

export type Role = 'ROLE_UNSPECIFIED' | 'ROLE_CLIENT' | 'ROLE_SERVER';

export type DirectionEvidence =
  | 'DIRECTION_EVIDENCE_UNSPECIFIED'
  | 'DIRECTION_EVIDENCE_PORTS'
  | 'DIRECTION_EVIDENCE_LISTENER'
  | 'DIRECTION_EVIDENCE_FIRST_PACKET'
  | 'DIRECTION_EVIDENCE_CONNTRACK'
  | 'DIRECTION_EVIDENCE_HANDSHAKE';

export type Verdict =
  | 'VERDICT_UNSPECIFIED'
  | 'VERDICT_FORWARDED'
  | 'VERDICT_DROPPED'
  | 'VERDICT_REFUSED'
  | 'VERDICT_UNANSWERED';

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface Counters {
  readonly attempts: number;
  readonly established: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly synPackets: number;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  readonly packetsToServer: number;
  readonly packetsToClient: number;
  readonly retransmits: number;
  readonly rttMicros: number;
  readonly rttSamples: number;
}

export interface Drop {
  readonly reason: string;
  readonly packets: number;
}
