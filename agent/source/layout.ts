/**
 * Where the members of bpf/weir.h's structures lie, in bytes. A test compares every number with the type information
 * of the compiled object.
 */
export const edgeKeyLayout = { size: 32, scope: 0, remote: 8, port: 24, protocol: 26, role: 27 } as const;

export const socketEdgeLayout = {
  size: 88,
  firstNs: 0,
  lastNs: 8,
  counters: {
    attempts: 16,
    established: 24,
    refused: 32,
    unanswered: 40,
    bytesSent: 48,
    bytesReceived: 56,
    segmentsSent: 64,
    segmentsReceived: 72,
    retransmits: 80,
  },
} as const;

export const packetEdgeLayout = {
  size: 56,
  firstNs: 0,
  lastNs: 8,
  counters: { synPackets: 16, packetsFromPod: 24, bytesFromPod: 32, packetsToPod: 40, bytesToPod: 48 },
} as const;

export const dropKeyLayout = { size: 40, edge: 0, reason: 32 } as const;

export const dropEdgeLayout = { size: 24, firstNs: 0, lastNs: 8, counters: { packets: 16 } } as const;

/** enum statistic, in order: first what is a loss, then what is left out on purpose or has no edge of its own. */
export const statistics = [
  { name: 'socket-edges-full', loss: true },
  { name: 'packet-edges-full', loss: true },
  { name: 'drop-edges-full', loss: true },
  { name: 'socket-storage-failed', loss: true },
  { name: 'drops-unattributed', loss: false },
  { name: 'packets-malformed', loss: false },
  { name: 'packets-fragmented', loss: false },
  { name: 'sockets-loopback', loss: false },
  { name: 'packets-other-protocol', loss: false },
] as const;

/** A 64-bit count as a number; exact up to 2^53, which no counter reaches. */
export function readCount(buffer: Buffer, offset: number): number {
  return buffer.readUInt32LE(offset + 4) * 0x1_0000_0000 + buffer.readUInt32LE(offset);
}
