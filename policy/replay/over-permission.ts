import type { Edge } from '../../core/edge.ts';
import { type WorkloadRef, workloadKey } from '../../core/identity.ts';
import { compareText } from '../../core/order.ts';
import type { Connections, PortProtocol, PortRange } from '../evaluate/connections.ts';
import { portProtocols, without } from '../evaluate/connections.ts';
import type { ReachEnd, ReachPair } from '../reach/reach.ts';

/** Ports of one workload that are open to others without any traffic. */
export interface WideSpan {
  /** The first of the clients by name, and how many there are to which just this is open. */
  readonly client: ReachEnd;
  readonly clients: number;
  readonly server: ReachEnd;
  readonly protocol: PortProtocol;
  readonly ports: PortRange;
}

/** What is allowed beyond what was seen, between workloads. */
export interface OverPermission {
  /** Ports of any protocol that a workload may open at another, over all pairs. */
  readonly allowedPorts: number;
  /** Of these, those with traffic. */
  readonly seenPorts: number;
  /** Pairs of workloads between which anything is allowed. */
  readonly allowedPairs: number;
  /** Of these, those with traffic on an allowed port. */
  readonly seenPairs: number;
  /** The widest first: by how many ports are open to how many clients. */
  readonly widest: readonly WideSpan[];
}

function sizeOf(connections: Connections): number {
  let size = 0;
  for (const protocol of portProtocols) for (const { first, last } of connections[protocol]) size += last - first + 1;
  return size;
}

/** Ports with traffic, by client and server. */
class SeenPorts {
  readonly #byPair = new Map<string, Connections>();

  constructor(edges: readonly Edge[]) {
    const ports = new Map<string, Record<PortProtocol, number[]>>();
    for (const { client, server, protocol, port } of edges) {
      if (client.type !== 'workload' || server.type !== 'workload') continue;
      if (protocol !== 'TCP' && protocol !== 'UDP' && protocol !== 'SCTP') continue;
      const key = pairKey(client, server);
      const into = ports.get(key) ?? { TCP: [], UDP: [], SCTP: [] };
      into[protocol].push(port);
      ports.set(key, into);
    }
    for (const [key, each] of ports) {
      const ranges = (protocol: PortProtocol) =>
        [...new Set(each[protocol])].sort((a, b) => a - b).map((port) => ({ first: port, last: port }));
      this.#byPair.set(key, { TCP: ranges('TCP'), UDP: ranges('UDP'), SCTP: ranges('SCTP') });
    }
  }

  between(client: WorkloadRef, server: WorkloadRef): Connections | null {
    return this.#byPair.get(pairKey(client, server)) ?? null;
  }
}

function pairKey(client: WorkloadRef, server: WorkloadRef): string {
  return `${workloadKey(client)} ${workloadKey(server)}`;
}

/** Spans that are open at a server, with who they are open to. */
class Spans {
  readonly #found = new Map<string, { -readonly [Name in keyof WideSpan]: WideSpan[Name] }>();

  add(client: ReachEnd, server: ReachEnd, open: Connections): void {
    for (const protocol of portProtocols) {
      for (const ports of open[protocol]) {
        const key = `${server.name} ${protocol} ${ports.first} ${ports.last}`;
        const known = this.#found.get(key);
        if (known !== undefined) known.clients++;
        else this.#found.set(key, { client, clients: 1, server, protocol, ports });
      }
    }
  }

  widest(most: number): WideSpan[] {
    const width = ({ clients, ports }: WideSpan) => clients * (ports.last - ports.first + 1);
    return [...this.#found.values()]
      .sort(
        (a, b) =>
          width(b) - width(a) ||
          compareText(a.server.name, b.server.name) ||
          compareText(a.protocol, b.protocol) ||
          a.ports.first - b.ports.first,
      )
      .slice(0, most);
  }
}

/**
 * Counts what is allowed and was not seen. Traffic that came through or not counts as seen: somebody wanted it.
 *
 * @param pairs of ends, each once; only those between workloads count
 * @param most spans that are listed
 */
export function overPermissionOf(pairs: Iterable<ReachPair>, edges: readonly Edge[], most: number): OverPermission {
  const seen = new SeenPorts(edges);
  const spans = new Spans();
  const counts = { allowedPorts: 0, seenPorts: 0, allowedPairs: 0, seenPairs: 0 };
  for (const { from, to, reach } of pairs) {
    if (from.entity === null || to.entity === null) continue;
    const size = sizeOf(reach.allowed);
    if (size === 0) continue;
    counts.allowedPairs++;
    counts.allowedPorts += size;
    const used = seen.between(from.entity, to.entity);
    if (used === null) {
      spans.add(from, to, reach.allowed);
      continue;
    }
    const open = without(reach.allowed, used);
    counts.seenPorts += size - sizeOf(open);
    if (sizeOf(open) < size) counts.seenPairs++;
    spans.add(from, to, open);
  }
  return { ...counts, widest: spans.widest(most) };
}
