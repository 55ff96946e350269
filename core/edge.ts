import type { DirectionEvidence, Drops, FlowCounters, Protocol } from './flow.ts';
import { droppedPackets } from './flow.ts';
import { type Entity, entityKey, type ServiceRef } from './identity.ts';
import type { UnixMs } from './time.ts';
import type { Verdict } from './verdict.ts';

/** Who talks to whom, on which port: the identity of an edge in the workload graph. */
export interface EdgeId {
  readonly client: Entity;
  readonly server: Entity;
  readonly protocol: Protocol;
  /** The port that the server's pod listens on (not the Service's port), where it is known. */
  readonly port: number;
}

/** Bounds the names that an observation keeps. */
export const maxServerNames = 8;

/** What one side reported of an edge. */
export interface Observation {
  readonly counters: FlowCounters;
  readonly drops: Drops;
  /** The strongest evidence that any report had for who is the client. */
  readonly directionBy: DirectionEvidence;
  /** Names by which the server was asked for in the DNS, sorted; at most `maxServerNames`. */
  readonly serverNames: readonly string[];
  readonly firstSeenUnixMs: UnixMs;
  readonly lastSeenUnixMs: UnixMs;
}

/**
 * An edge over a span of time. Both ends may report the same traffic, so their counts are kept apart and never added:
 * `merged` takes the larger of the two for each counter.
 */
export interface Edge extends EdgeId {
  /** Services through which the client reached the server, sorted by namespace and name. */
  readonly services: readonly ServiceRef[];
  readonly byClient: Observation | null;
  readonly byServer: Observation | null;
  readonly merged: Observation;
  readonly verdict: Verdict;
}

export function edgeKey(id: EdgeId): string {
  return `${entityKey(id.client)}|${entityKey(id.server)}|${id.protocol}|${id.port}`;
}

/**
 * What the network did with the traffic of an edge. Any success wins: an edge is `dropped` only if nothing came through.
 * A connection that was established, or UDP that was answered or arrived, is `forwarded`.
 */
export function verdictOf(protocol: Protocol, byClient: Observation | null, byServer: Observation | null): Verdict {
  const dropped = (byClient ? droppedPackets(byClient.drops) : 0) + (byServer ? droppedPackets(byServer.drops) : 0);
  if (protocol === 'TCP') {
    if ((byClient?.counters.established ?? 0) > 0 || (byServer?.counters.established ?? 0) > 0) return 'forwarded';
    // A live connection that was opened before the window shows bytes and no new establishment.
    if ((byServer?.counters.bytesToServer ?? 0) > 0 || (byClient?.counters.bytesToClient ?? 0) > 0) return 'forwarded';
    if (dropped > 0) return 'dropped';
    return (byClient?.counters.refused ?? 0) > 0 ? 'refused' : 'unanswered';
  }
  if ((byClient?.counters.packetsToClient ?? 0) > 0) return 'forwarded';
  if ((byServer?.counters.packetsToServer ?? 0) > 0) return 'forwarded';
  return dropped > 0 ? 'dropped' : 'unanswered';
}
