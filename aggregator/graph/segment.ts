import type { EdgeId, Observation } from '../../core/edge.ts';
import { edgeKey, mergeNames } from '../../core/edge.ts';
import { addCounters, addDrops, type Losses, type Role, strongerEvidence } from '../../core/flow.ts';
import type { ServiceRef } from '../../core/identity.ts';
import type { Window } from '../../core/time.ts';

/** What one side saw of one edge, by one Service or by none, in one window. */
export interface Row {
  readonly edge: EdgeId;
  readonly reporter: Role;
  readonly service: ServiceRef | null;
  readonly observation: Observation;
}

/** A batch with its addresses resolved: it describes itself and needs no state of the cluster any more. */
export interface Segment {
  readonly cluster: string;
  readonly node: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly window: Window;
  readonly losses: Losses;
  /** No two rows have the same edge, reporter and Service. */
  readonly rows: readonly Row[];
}

/** Adds up two observations of the same edge by the same side. */
export function addObservations(a: Observation, b: Observation): Observation {
  const counters = { ...a.counters };
  addCounters(counters, b.counters);
  const drops = { ...a.drops };
  addDrops(drops, b.drops);
  return {
    counters,
    drops,
    directionBy: strongerEvidence(a.directionBy, b.directionBy),
    serverNames: mergeNames(a.serverNames, b.serverNames),
    firstSeenUnixMs: Math.min(a.firstSeenUnixMs, b.firstSeenUnixMs),
    lastSeenUnixMs: Math.max(a.lastSeenUnixMs, b.lastSeenUnixMs),
  };
}

/** Adds up the rows that have the same edge, reporter and Service: replicas of a workload become one. */
export function foldRows(rows: Iterable<Row>): Row[] {
  const folded = new Map<string, Row>();
  for (const row of rows) {
    const { service } = row;
    const key = `${edgeKey(row.edge)}|${row.reporter}|${service === null ? '' : `${service.namespace}/${service.name}`}`;
    const before = folded.get(key);
    const observation = before ? addObservations(before.observation, row.observation) : row.observation;
    folded.set(key, { ...row, observation });
  }
  return [...folded.values()];
}
