import { addressAt } from './decode.ts';
import { dnsAnswerLayout as layout } from './layout.ts';
import type { DnsPayload } from './source.ts';

const tcp = 6;

/** @param records of the DNS ring, one after the other, each as long as its payload needs */
export function dnsPayloads(records: Buffer): DnsPayload[] {
  const payloads: DnsPayload[] = [];
  for (let at = 0; at < records.length; ) {
    const length = records.readUInt16LE(at + layout.length);
    const end = at + layout.payload + Math.min(length, layout.payloadSize);
    const segment = records.readUInt8(at + layout.protocol) === tcp;
    payloads.push({
      scope: { type: 'interface', ifindex: records.readUInt32LE(at + layout.interface) },
      server: addressAt(records, at + layout.server),
      clientPort: records.readUInt16LE(at + layout.clientPort),
      sequence: segment ? records.readUInt32LE(at + layout.sequence) : null,
      payload: records.subarray(at + layout.payload, end),
      cut: length > layout.payloadSize,
    });
    at = end;
  }
  return payloads;
}
