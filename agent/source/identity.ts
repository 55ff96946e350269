import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bpfObjectPath, type CaptureOptions, native } from '../../native/native.ts';

/** What tells pinned captures apart, see CaptureOptions. */
export type CaptureIdentity = Pick<CaptureOptions, 'captureId' | 'layoutId' | 'programId'>;

/** Structures that lie in pinned maps. */
const pinnedStructures = [
  'edge_key',
  'plain_edge_key',
  'socket_edge',
  'packet_edge',
  'drop_key',
  'drop_edge',
  'interface',
  'connection',
  'translation',
  'socket_state',
  'fragment_key',
  'fragment_ports',
  'overflow',
  'dns_answer',
  'identity',
];

function hash(parts: readonly (string | Uint8Array)[]): bigint {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part);
  return sum.digest().readBigUInt64LE();
}

function json(value: object): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each));
}

/**
 * The layout depends on the structures, the maps' sizes, whose node it is and where sockets' states are kept; the
 * programs on the object and the rest.
 */
export function captureIdentity(options: Omit<CaptureOptions, keyof CaptureIdentity>): CaptureIdentity {
  const { socketEdges, packetEdges, dropEdges, interfaces, overflowRingBytes, dnsRingBytes, nodeCookie } = options;
  const sizes = { socketEdges, packetEdges, dropEdges, interfaces, overflowRingBytes, dnsRingBytes, nodeCookie };
  const statesByAddress = options.programs.includes('on_tcp_state_raw');
  const structures = pinnedStructures.map((name) => json(native.structLayout(bpfObjectPath, name)));
  return {
    captureId: randomBytes(8).readBigUInt64LE(),
    layoutId: hash([json({ ...sizes, statesByAddress }), ...structures]),
    programId: hash([readFileSync(bpfObjectPath), json({ ...options, pins: '' })]),
  };
}
