import { type Edge, type EdgeId, edgeKey, type Observation } from '../../core/edge.ts';
import { counterNames, type Role, zeroCounters } from '../../core/flow.ts';
import type { ServiceRef } from '../../core/identity.ts';
import { makeEdge, sortEdges } from './edges.ts';
import { addObservations, type Row } from './segment.ts';

interface Entry {
  readonly id: EdgeId;
  /** By `namespace/name`, with how many rows came by it. */
  readonly services: Map<string, { readonly ref: ServiceRef; rows: number }>;
  readonly sides: Record<Role, Observation | null>;
  /** How many rows it stands for: at zero it goes. */
  rows: number;
  /** What `edges` gives; null after a change. */
  edge: Edge | null;
}

/**
 * Takes away what addObservations added. First and last sighting stay: they are sightings still. So do evidence and
 * names, for which nothing tells whether what remains has them too.
 */
function subtract(from: Observation | null, taken: Observation): Observation | null {
  if (from === null) return null;
  const counters = zeroCounters();
  for (const name of counterNames) counters[name] = Math.max(0, from.counters[name] - taken.counters[name]);
  const drops = Object.entries(from.drops)
    .map(([reason, packets]) => [reason, packets - (taken.drops[reason] ?? 0)] as const)
    .filter(([, packets]) => packets > 0);
  return { ...from, counters, drops: Object.fromEntries(drops) };
}

/** The workload graph over some span of time: the sum of the rows that were put in. Bounded in edges. */
export class Graph {
  readonly #maxEdges: number;
  readonly #entries = new Map<string, Entry>();
  #sorted: readonly Edge[] | null = null;
  #overflowedRows = 0;

  /** @param maxEdges rows of further edges are counted and left out */
  constructor(maxEdges: number) {
    this.#maxEdges = maxEdges;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Rows that were left out because the graph was full. */
  get overflowedRows(): number {
    return this.#overflowedRows;
  }

  add(rows: Iterable<Row>): void {
    for (const { edge, reporter, service, observation } of rows) {
      const key = edgeKey(edge);
      let entry = this.#entries.get(key);
      if (entry === undefined) {
        if (this.#entries.size >= this.#maxEdges) {
          this.#overflowedRows++;
          continue;
        }
        entry = { id: edge, services: new Map(), sides: { client: null, server: null }, rows: 0, edge: null };
        this.#entries.set(key, entry);
      }
      const before = entry.sides[reporter];
      entry.sides[reporter] = before === null ? observation : addObservations(before, observation);
      if (service !== null) countService(entry, service, 1);
      entry.rows++;
      entry.edge = null;
    }
    this.#sorted = null;
  }

  /** Takes out rows that were put in before; an edge goes with its last row. */
  remove(rows: Iterable<Row>): void {
    for (const { edge, reporter, service, observation } of rows) {
      const key = edgeKey(edge);
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      entry.sides[reporter] = subtract(entry.sides[reporter], observation);
      if (service !== null) countService(entry, service, -1);
      entry.rows--;
      entry.edge = null;
      if (entry.rows <= 0) this.#entries.delete(key);
    }
    this.#sorted = null;
  }

  /** Sorted by client, server, protocol and port. The array and its edges do not change any more. */
  edges(): readonly Edge[] {
    this.#sorted ??= sortEdges(
      Array.from(this.#entries.values(), (entry) => {
        const services = Array.from(entry.services.values(), ({ ref }) => ref);
        entry.edge ??= makeEdge(entry.id, services, entry.sides);
        return entry.edge;
      }),
    );
    return this.#sorted;
  }
}

function countService(entry: Entry, ref: ServiceRef, rows: 1 | -1): void {
  const key = `${ref.namespace}/${ref.name}`;
  const service = entry.services.get(key) ?? { ref, rows: 0 };
  service.rows += rows;
  if (service.rows <= 0) entry.services.delete(key);
  else entry.services.set(key, service);
}
