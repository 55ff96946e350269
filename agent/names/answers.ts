import { decode, type DecodedPacket } from 'dns-packet';
import { type Address, parseAddress } from '../../core/address.ts';

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

/** Anyone on the network can have written this. */
function parse(message: Buffer): DecodedPacket | null {
  try {
    return decode(message);
  } catch {
    return null;
  }
}

function isReadable(name: unknown): name is string {
  return typeof name === 'string' && name.length <= maxName && readableName.test(name);
}

/** The addresses that an answer may give: A and AAAA records, and the hints of HTTPS records are left to them. */
function addressOf(type: string, data: unknown): Address | null {
  return (type === 'A' || type === 'AAAA') && typeof data === 'string' ? parseAddress(data) : null;
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
    const address = addressOf(record.type, record.data);
    const name = asked ?? (multicastSuffix.test(record.name) ? record.name : undefined);
    if (address === null || !isReadable(name)) continue;
    found.push({ address, name: name.toLowerCase(), ttl: typeof record.ttl === 'number' ? record.ttl : 0 });
  }
  return found;
}
