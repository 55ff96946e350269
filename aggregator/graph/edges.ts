import { type Edge, type EdgeId, mergeNames, type Observation, verdictOf } from '../../core/edge.ts';
import {
  counterNames,
  type Drops,
  type FlowCounters,
  type Role,
  strongerEvidence,
  zeroCounters,
} from '../../core/flow.ts';
import { entityKey, type ServiceRef } from '../../core/identity.ts';

const nothing: Observation = {
  counters: zeroCounters(),
  drops: {},
  directionBy: 'ports',
  serverNames: [],
  firstSeenUnixMs: 0,
  lastSeenUnixMs: 0,
};

/** The larger of what the two sides reported, for each count: both may have seen the same traffic, or one less of it. */
export function mergeSides(byClient: Observation | null, byServer: Observation | null): Observation {
  if (byClient === null || byServer === null) return byClient ?? byServer ?? nothing;
  return {
    counters: largerCounters(byClient.counters, byServer.counters),
    drops: largerDrops(byClient.drops, byServer.drops),
    directionBy: strongerEvidence(byClient.directionBy, byServer.directionBy),
    serverNames: mergeNames(byClient.serverNames, byServer.serverNames),
    firstSeenUnixMs: Math.min(byClient.firstSeenUnixMs, byServer.firstSeenUnixMs),
    lastSeenUnixMs: Math.max(byClient.lastSeenUnixMs, byServer.lastSeenUnixMs),
  };
}

function largerCounters(a: FlowCounters, b: FlowCounters): FlowCounters {
  const larger = zeroCounters();
  for (const name of counterNames) larger[name] = Math.max(a[name], b[name]);
  // A sum and the number of its samples belong together.
  const { rttMicros, rttSamples } = a.rttSamples >= b.rttSamples ? a : b;
  return { ...larger, rttMicros, rttSamples };
}

function largerDrops(a: Drops, b: Drops): Drops {
  const larger: Record<string, number> = { ...a };
  for (const [reason, packets] of Object.entries(b)) larger[reason] = Math.max(larger[reason] ?? 0, packets);
  return larger;
}

/** An edge from what its two sides reported. @param services in any order, without repeats */
export function makeEdge(
  { client, server, protocol, port }: EdgeId,
  services: Iterable<ServiceRef>,
  sides: Readonly<Record<Role, Observation | null>>,
): Edge {
  const { client: byClient, server: byServer } = sides;
  return {
    client,
    server,
    protocol,
    port,
    services: [...services].toSorted((a, b) => compare(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`)),
    byClient,
    byServer,
    merged: mergeSides(byClient, byServer),
    verdict: verdictOf(protocol, byClient, byServer),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Sorts by client, server, protocol and port. */
export function sortEdges(edges: readonly Edge[]): Edge[] {
  const keyed = edges.map((edge) => {
    const port = String(edge.port).padStart(5, '0');
    return { edge, key: `${entityKey(edge.client)} ${entityKey(edge.server)} ${edge.protocol} ${port}` };
  });
  return keyed.toSorted((a, b) => compare(a.key, b.key)).map(({ edge }) => edge);
}
