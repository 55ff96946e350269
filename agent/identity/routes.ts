import { readFileSync } from 'node:fs';
import { type Address, addressFromBytes } from '../../core/address.ts';

/** A route of the node's own tables. */
export interface Route {
  readonly device: string;
  readonly destination: Address;
  readonly prefix: number;
  readonly family: 4 | 6;
}

/** Column positions in /proc/net/route and /proc/net/ipv6_route (proc(5)). */
const ipv4Columns = { device: 0, destination: 1, mask: 7, count: 8 };
const ipv6Columns = { destination: 0, prefix: 1, device: 9, count: 10 };

function rows(path: string, columns: number): string[][] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.map((line) => line.trim().split(/\s+/)).filter((row) => row.length >= columns);
  } catch {
    // A kernel without IPv6 has no such file, and then no such route.
    return [];
  }
}

/** The kernel prints an IPv4 address as the number that its bytes are in memory, on a little-endian machine reversed. */
function ipv4Route(row: readonly string[]): Route[] {
  const [destination, mask] = [row[ipv4Columns.destination] ?? '', row[ipv4Columns.mask] ?? ''];
  if (!/^[0-9A-F]{8}$/.test(destination) || !/^[0-9A-F]{8}$/.test(mask)) return [];
  const bits = Number.parseInt(mask, 16).toString(2).replaceAll('0', '');
  return [
    {
      device: row[ipv4Columns.device] ?? '',
      destination: addressFromBytes(Buffer.from(destination, 'hex').reverse()),
      prefix: bits.length,
      family: 4,
    },
  ];
}

function ipv6Route(row: readonly string[]): Route[] {
  const destination = row[ipv6Columns.destination] ?? '';
  if (!/^[0-9a-f]{32}$/.test(destination)) return [];
  return [
    {
      device: row[ipv6Columns.device] ?? '',
      destination: addressFromBytes(Buffer.from(destination, 'hex')),
      prefix: Number.parseInt(row[ipv6Columns.prefix] ?? '', 16),
      family: 6,
    },
  ];
}

/** The routes of this network namespace's main tables. */
export function readRoutes(procNet = '/proc/self/net'): Route[] {
  return [
    ...rows(`${procNet}/route`, ipv4Columns.count).flatMap(ipv4Route),
    ...rows(`${procNet}/ipv6_route`, ipv6Columns.count).flatMap(ipv6Route),
  ];
}

/** Interfaces that carry a default route: the node's own ways out, which lead to no pod even where they are veths. */
export function uplinksOf(routes: readonly Route[]): ReadonlySet<string> {
  return new Set(routes.filter(({ prefix, device }) => prefix === 0 && device !== 'lo').map(({ device }) => device));
}
