import { readFileSync } from 'node:fs';

/** Column positions in /proc/net/route and /proc/net/ipv6_route (proc(5)). */
const ipv4Columns = { destination: 1, device: 0, mask: 7 };
const ipv6Columns = { destination: 0, prefixLength: 1, device: 9 };

function rows(path: string): string[][] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
  } catch {
    // A kernel without IPv6 has no such file, and then no such route.
    return [];
  }
}

/** Interfaces that carry a default route: the node's own ways out, which lead to no pod even where they are veths. */
export function uplinkInterfaces(procNet = '/proc/self/net'): ReadonlySet<string> {
  const found = new Set<string>();
  for (const row of rows(`${procNet}/route`)) {
    if (row[ipv4Columns.destination] === '00000000' && row[ipv4Columns.mask] === '00000000') {
      found.add(row[ipv4Columns.device] as string);
    }
  }
  for (const row of rows(`${procNet}/ipv6_route`)) {
    const device = row[ipv6Columns.device];
    if (row[ipv6Columns.destination] === '0'.repeat(32) && row[ipv6Columns.prefixLength] === '00' && device !== 'lo') {
      if (device !== undefined) found.add(device);
    }
  }
  return found;
}
