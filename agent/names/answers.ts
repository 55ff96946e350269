import { decode, type DecodedPacket } from 'dns-packet';
import { type Address, parseAddress } from '../../core/address.ts';
import { hintedAddresses } from './service-binding.ts';

/** An address that a name stands for, as a DNS answer said. */
export interface NamedAddress {
  readonly address: Address;
  /** The name that was asked for, without the dot at its end. */
  readonly name: string;
  /** Seconds for which the answer may be used. */
  readonly ttl: number;
}

/** RFC 1035, 3.1: letters, digits, hyphens, and the underscore that services use. What else a name holds is not shown. */
const readableName = /^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?$/i;
const maxName = 253;
const multicastSuffix = /\.local$/i;

/** Where the header's counts are (RFC 1035, 4.1.1): questions, answers, name servers, additional records. */
const header = { size: 12, questions: 4, answers: 6, rest: 8 } as const;
const maxBytes = 4096;
const maxQuestions = 1;
const maxAnswers = 32;
const maxTtl = 2 ** 31;

/**
 * Anyone on the network can have written this: what would take long to read is not, and of what is read the sections
 * behind the answers are left out. Null also when the end is missing.
 */
function parse(message: Buffer): DecodedPacket | null {
  if (message.length < header.size || message.length > maxBytes) return null;
  const tooMany =
    message.readUInt16BE(header.questions) > maxQuestions || message.readUInt16BE(header.answers) > maxAnswers;
  if (tooMany) return null;
  const needed = Buffer.from(message);
  needed.fill(0, header.rest, header.size);
  try {
    const packet = decode(needed);
    return decode.bytes > message.length ? null : packet;
  } catch {
    return null;
  }
}

/** What has the highest bit set counts as 0 (RFC 2181, 8). */
function usableTtl(ttl: number | undefined): number {
  return ttl !== undefined && ttl < maxTtl ? ttl : 0;
}

function isReadable(name: unknown): name is string {
  return typeof name === 'string' && name.length <= maxName && readableName.test(name);
}

/** SVCB and HTTPS (RFC 9460, 14.1), as the decoder calls types that it does not know. */
const serviceBindings = new Set(['UNKNOWN_64', 'UNKNOWN_65']);

/** The addresses that a record gives. */
function addressesOf(type: string, data: unknown): Address[] {
  if (serviceBindings.has(type)) return Buffer.isBuffer(data) ? hintedAddresses(data) : [];
  if ((type !== 'A' && type !== 'AAAA') || typeof data !== 'string') return [];
  const address = parseAddress(data);
  return address === null ? [] : [address];
}

/**
 * Reads a DNS message. Every address in an answer belongs to the name that was asked for, behind however many CNAMEs;
 * in multicast DNS, which repeats no question, to the record's own name. Null when it is no answer that can be read.
 */
export function readAnswer(message: Buffer): NamedAddress[] | null {
  const packet = parse(message);
  if (packet === null || packet.type !== 'response') return null;
  const asked = packet.questions?.[0]?.name;
  const found: NamedAddress[] = [];
  for (const record of packet.answers ?? []) {
    if (!('data' in record) || !('ttl' in record)) continue;
    const name = asked ?? (multicastSuffix.test(record.name) ? record.name : undefined);
    if (!isReadable(name)) continue;
    for (const address of addressesOf(record.type, record.data)) {
      found.push({ address, name: name.toLowerCase(), ttl: usableTtl(record.ttl) });
    }
  }
  return found;
}
