import type { Segment } from '../aggregator/graph/segment.ts';
import { Lanes } from '../aggregator/graph/lane.ts';
import { type Rows } from '../aggregator/graph/rows.ts';
import type { Lane } from '../aggregator/graph/lane.ts';
import { LaneColumn } from '../aggregator/graph/lane-column.ts';
import { counterNames, directionEvidence } from '../core/flow.ts';
import type { WorkloadRef } from '../core/identity.ts';
import type { Window } from '../core/time.ts';
import { seededRandom } from './node-flows.ts';

const namespaces = 100;
const workloads = 6_000;
const handshake = directionEvidence.indexOf('handshake');

/** A cluster's edges, each with what both of its ends report; the same every time. */
export class QueryCluster {
  readonly workloads: readonly WorkloadRef[];
  readonly lanes: readonly Lane[];
  readonly #random: () => number;

  /** @param edges how many: each workload calls as many others as it takes */
  constructor(edges: number, seed: number) {
    const random = seededRandom(seed);
    this.#random = random;
    const refs = Array.from({ length: workloads }, (_, i) => ({
      namespace: `team-${i % namespaces}`,
      kind: 'Deployment',
      name: `service-${i}`,
    }));
    this.workloads = refs;
    const interned = new Lanes(2 * edges);
    const seen = new Set<string>();
    const lanes: Lane[] = [];
    while (seen.size < edges) {
      const [from, to] = [refs[seen.size % workloads], refs[Math.floor(random() ** 2 * workloads)]];
      const port = 8000 + Math.floor(random() * 20);
      const edge = {
        client: { type: 'workload', ...(from as WorkloadRef) },
        server: { type: 'workload', ...(to as WorkloadRef) },
        protocol: 'TCP',
        port,
      } as const;
      const lane = interned.of(edge, 'client', null);
      if (seen.has(lane.edgeKey)) continue;
      seen.add(lane.edgeKey);
      lanes.push(lane, interned.of(edge, 'server', null));
    }
    this.lanes = lanes;
  }

  /** Rows of so many lanes, from one of them on. */
  rows(from: number, count: number, { startUnixMs, endUnixMs }: Window): Rows {
    const lanes = Array.from({ length: count }, (_, i) => this.lanes[(from + i) % this.lanes.length] as Lane);
    const counters = counterNames.map(() => new Float64Array(count));
    for (let row = 0; row < count; row++) {
      const connections = 1 + Math.floor(this.#random() * 10);
      for (const [i, name] of counterNames.entries()) {
        if (name === 'refused' || name === 'unanswered' || name === 'retransmits') continue;
        (counters[i] as Float64Array)[row] = connections * (name.startsWith('bytes') ? 700 : 1);
      }
    }
    return {
      lanes: LaneColumn.of(lanes),
      counters,
      firstSeen: new Float64Array(count).fill(startUnixMs),
      lastSeen: new Float64Array(count).fill(endUnixMs),
      evidence: new Uint8Array(count).fill(handshake),
      drops: new Map(),
      names: new Map(),
    };
  }
}

/** Gives each node's windows their place. */
export class Nodes {
  readonly #sequences = new Map<string, number>();

  segment(node: string, window: Window, rows: Rows): Segment {
    const sequence = (this.#sequences.get(node) ?? 0) + 1;
    this.#sequences.set(node, sequence);
    return { cluster: 'bench', node, epoch: 1, sequence, window, losses: {}, rows, coded: null };
  }
}
