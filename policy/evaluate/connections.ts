/** Protocols that have ports, in the order in which they are shown. */
export const portProtocols = ['TCP', 'UDP', 'SCTP'] as const;
export type PortProtocol = (typeof portProtocols)[number];

export const lowestPort = 1;
export const highestPort = 65535;

/** Both ends are in it. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Ports of each protocol: ascending, without overlap, and with a gap between any two. */
export type Connections = Readonly<Record<PortProtocol, readonly PortRange[]>>;

export const noConnections: Connections = { TCP: [], UDP: [], SCTP: [] };

/** Ranges that together are those for which it holds. @param starts ascending, from the lowest port: where it may change */
export function rangesWhere(starts: readonly number[], holds: (port: number) => boolean): PortRange[] {
  const ranges: PortRange[] = [];
  for (const [index, first] of starts.entries()) {
    if (!holds(first)) continue;
    const last = (starts[index + 1] ?? highestPort + 1) - 1;
    const before = ranges.at(-1);
    if (before !== undefined && before.last === first - 1) ranges[ranges.length - 1] = { first: before.first, last };
    else ranges.push({ first, last });
  }
  return ranges;
}

function within(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(({ first, last }) => first <= port && port <= last);
}

function startsOf(ranges: readonly PortRange[]): number[] {
  return ranges.flatMap(({ first, last }) => [first, last + 1]);
}

/** The ports for which both together say so. */
export function combine(a: Connections, b: Connections, holds: (inA: boolean, inB: boolean) => boolean): Connections {
  const ranges = (protocol: PortProtocol) => {
    const starts = [lowestPort, ...startsOf(a[protocol]), ...startsOf(b[protocol])].filter(
      (each) => each <= highestPort,
    );
    const ascending = [...new Set(starts)].sort((x, y) => x - y);
    return rangesWhere(ascending, (port) => holds(within(a[protocol], port), within(b[protocol], port)));
  };
  return { TCP: ranges('TCP'), UDP: ranges('UDP'), SCTP: ranges('SCTP') };
}

export function both(a: Connections, b: Connections): Connections {
  return combine(a, b, (inA, inB) => inA && inB);
}

export function without(a: Connections, b: Connections): Connections {
  return combine(a, b, (inA, inB) => inA && !inB);
}

export function isEmpty(connections: Connections): boolean {
  return portProtocols.every((protocol) => connections[protocol].length === 0);
}

function rangeText({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function isAll(ranges: readonly PortRange[]): boolean {
  return ranges.length === 1 && ranges[0]?.first === lowestPort && ranges[0].last === highestPort;
}

/** `TCP 80,8000-8999; UDP all`; `all` for everything, and empty for nothing. */
export function connectionsText(connections: Connections): string {
  if (portProtocols.every((protocol) => isAll(connections[protocol]))) return 'all';
  return portProtocols
    .filter((protocol) => connections[protocol].length > 0)
    .map((protocol) => {
      const ranges = connections[protocol];
      return `${protocol} ${isAll(ranges) ? 'all' : ranges.map(rangeText).join(',')}`;
    })
    .join('; ');
}
