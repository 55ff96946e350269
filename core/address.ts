import ipaddr from 'ipaddr.js';

/** An IP address in canonical text: dotted quad, or RFC 5952 for IPv6. An IPv4-mapped IPv6 address is its IPv4 address. */
export type Address = string & { readonly __brand: 'Address' };

export type Family = 4 | 6;

/** A CIDR block. `text` is canonical (host bits cleared), `network` has 4 or 16 bytes. */
export interface Cidr {
  readonly text: string;
  readonly family: Family;
  readonly prefix: number;
  readonly network: Uint8Array;
}

function canonical(parsed: ipaddr.IPv4 | ipaddr.IPv6): Address {
  if (parsed instanceof ipaddr.IPv6) {
    return (parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed).toString() as Address;
  }
  return parsed.toString() as Address;
}

/** The canonical form of an address; null when the text is not a complete IPv4 or IPv6 address. */
export function parseAddress(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return canonical(ipaddr.IPv4.parse(text));
  return ipaddr.IPv6.isValid(text) && !text.includes('%') ? canonical(ipaddr.IPv6.parse(text)) : null;
}

/** The address of 4 or 16 network-order bytes. @throws RangeError for any other length */
export function addressFromBytes(bytes: Uint8Array): Address {
  if (bytes.length !== 4 && bytes.length !== 16) {
    throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  }
  return canonical(ipaddr.fromByteArray(Array.from(bytes)));
}

/** The 4 or 16 network-order bytes of an address. */
export function addressToBytes(address: Address): Uint8Array {
  return Uint8Array.from(ipaddr.parse(address).toByteArray());
}

export function familyOf(address: Address): Family {
  return address.includes(':') ? 6 : 4;
}

/** The family of a block's text. */
export function familyOfCidr(text: string): Family {
  return text.includes(':') ? 6 : 4;
}

/** The prefix length of an IPv4 block that is written as IPv4-mapped IPv6 (`::ffff:10.0.0.0/104` is 10.0.0.0/8). */
const mappedPrefix = 96;

/** Reads `a.b.c.d/n` or an IPv6 block; host bits are cleared. Null when it is not one. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.lastIndexOf('/');
  const length = text.slice(slash + 1);
  if (slash < 0 || !/^\d{1,3}$/.test(length)) return null;
  const base = parseAddress(text.slice(0, slash));
  if (base === null) return null;
  const family = familyOf(base);
  const prefix = Number(length) - (family === 4 && text.includes(':') ? mappedPrefix : 0);
  if (prefix < 0 || prefix > (family === 4 ? 32 : 128)) return null;
  const network = addressToBytes(base);
  for (let bit = prefix; bit < network.length * 8; bit++) {
    network[bit >> 3] = (network[bit >> 3] as number) & ~(0x80 >> (bit & 7));
  }
  return { text: `${addressFromBytes(network)}/${prefix}`, family, prefix, network };
}

/** Whether the address lies in the block. Blocks of one family never hold addresses of the other. */
export function cidrContains(cidr: Cidr, address: Address): boolean {
  return familyOf(address) === cidr.family && cidrContainsBytes(cidr, addressToBytes(address));
}

/** As `cidrContains`, for an address that is at hand as its 4 or 16 bytes. */
export function cidrContainsBytes(cidr: Cidr, bytes: Uint8Array): boolean {
  if (bytes.length !== cidr.network.length) return false;
  const whole = cidr.prefix >> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== cidr.network[i]) return false;
  const rest = cidr.prefix & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return ((bytes[whole] as number) & mask) === cidr.network[whole];
}

/** The block that holds one address only: /32, or /128 for IPv6. */
export function hostCidr(address: Address): string {
  return `${address}/${familyOf(address) === 4 ? 32 : 128}`;
}

export type AddressScope = 'loopback' | 'link-local' | 'multicast' | 'unspecified' | 'unicast';

/** The scope that the address itself tells, before anything is known about the cluster. */
export function scopeOf(address: Address): AddressScope {
  const parsed = ipaddr.parse(address);
  switch (parsed.range()) {
    case 'loopback':
      return 'loopback';
    case 'linkLocal':
      return 'link-local';
    case 'multicast':
    case 'broadcast':
      return 'multicast';
    case 'unspecified':
      return 'unspecified';
    default:
      return 'unicast';
  }
}

/** Whether what is said to an address of a server stays on this machine: a socket in its file system, or loopback. */
export function staysOnMachine(server: string): boolean {
  return /^(unix:|localhost:|127\.\d+\.\d+\.\d+:|\[::1\]:)/.test(server);
}
