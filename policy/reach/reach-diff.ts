import { type Connections, isEmpty, noConnections, without } from '../evaluate/connections.ts';
import type { Reach, ReachRow } from './reach.ts';

/** What differs between two ends, before and after. */
export interface ReachChange {
  readonly from: string;
  readonly to: string;
  /** Allowed now and not before. */
  readonly added: Connections;
  /** Allowed before and not now. */
  readonly removed: Connections;
  /** Depends now and did not before. */
  readonly opened: Connections;
}

const nothing: Reach = { allowed: noConnections, depends: noConnections };

function byPair(rows: Iterable<ReachRow>): Map<string, ReachRow> {
  // No name of an end holds a space.
  return new Map([...rows].map((row) => [`${row.from} ${row.to}`, row]));
}

/** Every pair of ends that may open something else than before. An end that is on one side only reaches nothing on the other. */
export function reachChanges(before: Iterable<ReachRow>, after: Iterable<ReachRow>): ReachChange[] {
  const [old, now] = [byPair(before), byPair(after)];
  const changes: ReachChange[] = [];
  for (const key of new Set([...now.keys(), ...old.keys()])) {
    const [was, is] = [old.get(key), now.get(key)];
    const { from, to } = (is ?? was) as ReachRow;
    const [a, b]: readonly [Reach, Reach] = [was ?? nothing, is ?? nothing];
    const change = {
      added: without(b.allowed, a.allowed),
      removed: without(a.allowed, b.allowed),
      opened: without(b.depends, a.depends),
    };
    if (Object.values(change).every(isEmpty)) continue;
    changes.push({ from, to, ...change });
  }
  return changes;
}
