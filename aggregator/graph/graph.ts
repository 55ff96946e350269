import type { Edge, EdgeId, Observation } from '../../core/edge.ts';
import { mergeNames } from '../../core/edge.ts';
import { directionEvidence, type Drops, type Role } from '../../core/flow.ts';
import { makeEdge, sortEdges } from './edges.ts';
import type { Lane } from './lane.ts';
import { countersAt, noDrops, noNames, type Rows, sumOfDrops, width } from './rows.ts';

/** What the rows of one lane add up to. */
interface Totals {
  readonly lane: Lane;
  readonly entry: Entry;
  readonly counts: Float64Array;
  firstSeenUnixMs: number;
  lastSeenUnixMs: number;
  evidence: number;
  drops: Drops;
  names: readonly string[];
  /** How many rows it stands for: at zero it goes. */
  rows: number;
}

interface Entry {
  readonly id: EdgeId;
  readonly key: string;
  readonly lanes: Totals[];
  /** What was seen by lanes that are gone: evidence, names and sightings stay as long as the edge does. */
  readonly past: Record<Role, Totals | null>;
  /** What `edges` gives; null after a change. */
  edge: Edge | null;
}

/** The workload graph over some span of time: the sum of the rows that were put in. Bounded in edges. */
export class Graph {
  readonly #maxEdges: number;
  readonly #entries = new Map<string, Entry>();
  readonly #totals = new Map<string, Totals>();
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

  add(rows: Rows): void {
    const { lanes, counts, firstSeen, lastSeen, evidence, drops, names } = rows;
    for (let row = 0; row < lanes.length; row++) {
      const totals = this.#totalsOf(lanes[row] as Lane);
      if (totals === null) {
        this.#overflowedRows++;
        continue;
      }
      for (let i = 0, at = row * width; i < width; i++, at++) {
        totals.counts[i] = (totals.counts[i] as number) + (counts[at] as number);
      }
      totals.firstSeenUnixMs = Math.min(totals.firstSeenUnixMs, firstSeen[row] as number);
      totals.lastSeenUnixMs = Math.max(totals.lastSeenUnixMs, lastSeen[row] as number);
      totals.evidence = Math.max(totals.evidence, evidence[row] as number);
      totals.rows++;
      totals.entry.edge = null;
    }
    for (const [row, dropped] of drops) {
      const totals = this.#totals.get((lanes[row] as Lane).key);
      if (totals !== undefined) totals.drops = sumOfDrops(totals.drops, dropped);
    }
    for (const [row, named] of names) {
      const totals = this.#totals.get((lanes[row] as Lane).key);
      if (totals !== undefined) totals.names = mergeNames(totals.names, named);
    }
    this.#sorted = null;
  }

  /** Null when it has no place. */
  #totalsOf(lane: Lane): Totals | null {
    const known = this.#totals.get(lane.key);
    if (known !== undefined) return known;
    const entry = this.#entries.get(lane.edgeKey) ?? this.#newEntry(lane);
    if (entry === null) return null;
    const totals = emptyTotals(lane, entry);
    entry.lanes.push(totals);
    this.#totals.set(lane.key, totals);
    return totals;
  }

  #newEntry({ edge: id, edgeKey: key }: Lane): Entry | null {
    if (this.#entries.size >= this.#maxEdges) return null;
    const entry: Entry = { id, key, lanes: [], past: { client: null, server: null }, edge: null };
    this.#entries.set(key, entry);
    return entry;
  }

  /**
   * Takes out rows that were put in before; an edge goes with its last row. First and last sighting stay: they are
   * sightings still. So do evidence and names, for which nothing tells whether what remains has them too.
   */
  remove({ lanes, counts, drops }: Rows): void {
    for (let row = 0; row < lanes.length; row++) {
      const totals = this.#totals.get((lanes[row] as Lane).key);
      if (totals === undefined) continue;
      for (let i = 0, at = row * width; i < width; i++, at++) {
        totals.counts[i] = Math.max(0, (totals.counts[i] as number) - (counts[at] as number));
      }
      const dropped = drops.get(row);
      if (dropped !== undefined) totals.drops = withoutDrops(totals.drops, dropped);
      totals.entry.edge = null;
      if (--totals.rows === 0) this.#forget(totals);
    }
    this.#sorted = null;
  }

  #forget(totals: Totals): void {
    const { entry, lane } = totals;
    this.#totals.delete(lane.key);
    entry.lanes.splice(entry.lanes.indexOf(totals), 1);
    if (entry.lanes.length === 0) {
      this.#entries.delete(entry.key);
      return;
    }
    const past = (entry.past[lane.reporter] ??= emptyTotals(lane, entry));
    addSightings(past, totals);
  }

  /** Sorted by client, server, protocol and port. The array and its edges do not change any more. */
  edges(): readonly Edge[] {
    this.#sorted ??= sortEdges(
      Array.from(this.#entries.values(), (entry) => {
        entry.edge ??= edgeOf(entry);
        return entry.edge;
      }),
    );
    return this.#sorted;
  }
}

function emptyTotals(lane: Lane, entry: Entry): Totals {
  return {
    lane,
    entry,
    counts: new Float64Array(width),
    firstSeenUnixMs: Infinity,
    lastSeenUnixMs: 0,
    evidence: 0,
    drops: noDrops,
    names: noNames,
    rows: 0,
  };
}

function addSightings(into: Totals, from: Totals): void {
  into.firstSeenUnixMs = Math.min(into.firstSeenUnixMs, from.firstSeenUnixMs);
  into.lastSeenUnixMs = Math.max(into.lastSeenUnixMs, from.lastSeenUnixMs);
  into.evidence = Math.max(into.evidence, from.evidence);
  into.names = mergeNames(into.names, from.names);
}

function withoutDrops(from: Drops, taken: Drops): Drops {
  const left = Object.entries(from).map(([reason, packets]) => [reason, packets - (taken[reason] ?? 0)] as const);
  return Object.fromEntries(left.filter(([, packets]) => packets > 0));
}

function edgeOf({ id, lanes, past }: Entry): Edge {
  const services = lanes.flatMap(({ lane: { service } }) => (service === null ? [] : [service]));
  const distinct = new Map(services.map((service) => [`${service.namespace}/${service.name}`, service]));
  const side = (reporter: Role) =>
    observationOf(
      lanes.filter(({ lane }) => lane.reporter === reporter),
      past[reporter],
    );
  return makeEdge(id, distinct.values(), { client: side('client'), server: side('server') });
}

/** What the lanes of one side add up to; null when it reported nothing, now or earlier. */
function observationOf(lanes: readonly Totals[], past: Totals | null): Observation | null {
  const [first, ...others] = past === null ? lanes : [past, ...lanes];
  if (first === undefined) return null;
  const sum: Totals = { ...first, counts: first.counts.slice() };
  for (const each of others) {
    for (let i = 0; i < width; i++) sum.counts[i] = (sum.counts[i] as number) + (each.counts[i] as number);
    addSightings(sum, each);
    sum.drops = sumOfDrops(sum.drops, each.drops);
  }
  return {
    counters: countersAt(sum.counts, 0),
    drops: sum.drops,
    directionBy: directionEvidence[sum.evidence] ?? 'ports',
    serverNames: sum.names,
    firstSeenUnixMs: sum.firstSeenUnixMs,
    lastSeenUnixMs: sum.lastSeenUnixMs,
  };
}
