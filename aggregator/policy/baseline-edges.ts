import { deflateSync, inflateSync } from 'node:zlib';
import { type Edge, type EdgeId, edgeKey } from '../../core/edge.ts';
import { messageOf, WeirError } from '../../core/errors.ts';
import { type DirectionEvidence, type Protocol, zeroCounters } from '../../core/flow.ts';
import { type Entity, entityKey } from '../../core/identity.ts';
import type { UnixMs } from '../../core/time.ts';
import type { Verdict } from '../../core/verdict.ts';

/** What a baseline keeps of an edge. */
export interface BaselineEdge extends EdgeId {
  readonly verdict: Verdict;
  readonly directionBy: DirectionEvidence;
  readonly firstSeenUnixMs: UnixMs;
  readonly lastSeenUnixMs: UnixMs;
}

type Row = readonly [
  client: number,
  server: number,
  protocol: Protocol,
  port: number,
  verdict: Verdict,
  directionBy: DirectionEvidence,
  firstSeenUnixMs: UnixMs,
  lastSeenUnixMs: UnixMs,
];

interface Packed {
  readonly entities: readonly Entity[];
  readonly rows: readonly Row[];
}

/** Beyond the most edges that an aggregator can have; bounds what a damaged baseline can ask for. */
const maxUnpackedBytes = 512 * 1024 * 1024;

/** Edges in few bytes: each end once, and no counts. */
export function packBaseline(edges: readonly Edge[]): Uint8Array {
  const numbers = new Map<string, number>();
  const entities: Entity[] = [];
  const numberOf = (entity: Entity): number => {
    const key = entityKey(entity);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, entities.length);
    return entities.push(entity) - 1;
  };
  const rows = edges.map(({ client, server, protocol, port, verdict, merged }): Row => {
    const { directionBy, firstSeenUnixMs, lastSeenUnixMs } = merged;
    return [numberOf(client), numberOf(server), protocol, port, verdict, directionBy, firstSeenUnixMs, lastSeenUnixMs];
  });
  return deflateSync(JSON.stringify({ entities, rows } satisfies Packed));
}

/** @throws WeirError STORE when they are damaged */
export function unpackBaseline(packed: Uint8Array): BaselineEdge[] {
  try {
    const text = inflateSync(packed, { maxOutputLength: maxUnpackedBytes }).toString('utf8');
    const { entities, rows } = JSON.parse(text) as Packed;
    const entity = (number: number) => entities[number] as Entity;
    return rows.map(([client, server, protocol, port, verdict, directionBy, firstSeenUnixMs, lastSeenUnixMs]) => {
      const id = { client: entity(client), server: entity(server), protocol, port };
      return { ...id, verdict, directionBy, firstSeenUnixMs, lastSeenUnixMs };
    });
  } catch (error) {
    throw new WeirError('STORE', `a baseline is damaged (${messageOf(error)}); set it anew`, { cause: error });
  }
}

/** As an edge of which nothing is counted. */
function asEdge({ verdict, directionBy, firstSeenUnixMs, lastSeenUnixMs, ...id }: BaselineEdge): Edge {
  const times = { firstSeenUnixMs, lastSeenUnixMs };
  const merged = { counters: zeroCounters(), drops: {}, directionBy, serverNames: [], ...times };
  return { ...id, services: [], byClient: null, byServer: null, merged, verdict };
}

/** What differs between a baseline and what was seen. */
export interface EdgeDrift {
  readonly appeared: readonly Edge[];
  readonly disappeared: readonly Edge[];
  /** As they are now. */
  readonly changed: readonly Edge[];
}

export function driftOf(baseline: readonly BaselineEdge[], edges: readonly Edge[]): EdgeDrift {
  const accepted = new Map(baseline.map((edge) => [edgeKey(edge), edge]));
  const seen = new Set(edges.map(edgeKey));
  return {
    appeared: edges.filter((edge) => !accepted.has(edgeKey(edge))),
    disappeared: baseline.filter((edge) => !seen.has(edgeKey(edge))).map(asEdge),
    changed: edges.filter((edge) => {
      const was = accepted.get(edgeKey(edge));
      return was !== undefined && was.verdict !== edge.verdict;
    }),
  };
}
