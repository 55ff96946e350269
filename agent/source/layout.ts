/**
 * Where the members of bpf/weir.h's structures lie, in bytes. A test compares every number with the type information
 * of the compiled object.
 */
export const plainEdgeKeyLayout = { size: 24, remote: 0, interface: 16, port: 20, protocol: 22, role: 23 } as const;

export const edgeKeyLayout = {
  size: 48,
  scope: 0,
  remote: 8,
  port: 24,
  seenPort: 26,
  protocol: 28,
  role: 29,
  scopeType: 30,
  seenAs: 32,
} as const;

export const socketEdgeLayout = {
  size: 96,
  firstNs: 0,
  lastNs: 32,
  counters: {
    refused: 8,
    unanswered: 16,
    retransmits: 24,
    established: 40,
    bytesSent: 48,
    bytesReceived: 56,
    segmentsSent: 64,
    segmentsReceived: 72,
    rttUs: 80,
    rttSamples: 88,
  },
} as const;

export const packetEdgeLayout = {
  size: 120,
  firstNs: 0,
  evidence: 8,
  lastNs: 56,
  counters: {
    synPackets: 16,
    attempts: 24,
    established: 32,
    refused: 40,
    packetsFromPod: 64,
    bytesFromPod: 72,
    packetsToPod: 80,
    bytesToPod: 88,
  },
} as const;

export const dropKeyLayout = { size: 56, edge: 0, reason: 48 } as const;

export const dropEdgeLayout = { size: 24, firstNs: 0, lastNs: 8, counters: { packets: 16 } } as const;

export const overflowLayout = { size: 184, map: 0, key: 8, value: 64 } as const;

export const dnsAnswerLayout = {
  size: 1576,
  ns: 0,
  interface: 8,
  sequence: 12,
  clientPort: 16,
  length: 18,
  protocol: 20,
  server: 24,
  payload: 40,
  payloadSize: 1536,
} as const;

/**
 * enum statistic, in order. `loss`: something that was seen is missing; `gap`: a window in which it happened does not
 * tell all flows.
 */
export const statistics = [
  { name: 'overflow-ring-full', loss: true, gap: true },
  { name: 'dns-answers-lost', loss: true, gap: false },
  { name: 'translations-full', loss: true, gap: true },
  { name: 'socket-edges-full', loss: false, gap: false },
  { name: 'packet-edges-full', loss: false, gap: false },
  { name: 'drop-edges-full', loss: false, gap: false },
  { name: 'translated-edges-full', loss: false, gap: false },
  { name: 'sockets-unfollowed', loss: false, gap: false },
  { name: 'drops-unattributed', loss: false, gap: false },
  { name: 'packets-malformed', loss: false, gap: false },
  { name: 'packets-fragmented', loss: false, gap: false },
  { name: 'sockets-loopback', loss: false, gap: false },
  { name: 'packets-other-protocol', loss: false, gap: false },
] as const;

/** A 64-bit count as a number; exact up to 2^53, which no counter reaches. */
export function readCount(buffer: Buffer, offset: number): number {
  return buffer.readUInt32LE(offset + 4) * 0x1_0000_0000 + buffer.readUInt32LE(offset);
}
