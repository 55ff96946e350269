import { parseAddress, type Address } from '../../core/address.ts';
import { type Edge, verdictOf } from '../../core/edge.ts';
import { zeroCounters } from '../../core/flow.ts';
import type { Entity } from '../../core/identity.ts';
import { encodeEdge } from '../../proto/convert-edge.ts';
import type { Answers } from './aggregator-double.ts';

export const workload = (namespace: string, name: string): Entity => ({
  type: 'workload',
  namespace,
  kind: 'Deployment',
  name,
});

const seenUnixMs = Date.UTC(2026, 0, 2, 3, 4, 5);

/** An edge as its client reported it. */
export function edge(
  client: Entity,
  server: Entity,
  overrides: Partial<Edge> = {},
  drops: Record<string, number> = {},
) {
  const through = { established: 7, bytesToServer: 2048, bytesToClient: 5_000_000 };
  const counters = { ...zeroCounters(), attempts: 7, ...(Object.keys(drops).length === 0 ? through : {}) };
  const observation = { counters, drops, firstSeenUnixMs: seenUnixMs, lastSeenUnixMs: seenUnixMs };
  const verdict = verdictOf('TCP', observation, null);
  return encodeEdge({
    client,
    server,
    protocol: 'TCP',
    port: 6379,
    services: [],
    byClient: observation,
    byServer: null,
    merged: observation,
    verdict,
    ...overrides,
  });
}

export const cart = workload('shop', 'cart');
export const redis = workload('data', 'redis');
export const bank: Entity = { type: 'external', address: parseAddress('203.0.113.10') as Address };

const coverage = {
  windows: 10,
  incompleteWindows: 0,
  losses: [],
  firstUnixMs: seenUnixMs - 60_000,
  lastUnixMs: seenUnixMs,
  nodesWithoutAgent: [],
};

const replay = { flows: 2, allowed: 2, denied: 0, depends: 0, newlyAllowed: 0, stillDenied: 0, findings: [] };

/** A quiet cluster with one good edge and one that was dropped. */
export function someAnswers(): Answers {
  const service = { namespace: 'data', name: 'redis' };
  return {
    edges: [edge(cart, redis, { services: [service] }), edge(cart, bank, { port: 443 }, { NETFILTER_DROP: 3 })],
    coverage,
    status: { version: '0.1.0', clusters: [] },
    generate: { policies: [], yaml: 'kind: NetworkPolicy\n', excluded: [], skipped: [], coverage, replay },
    check: { replay, coverage, problems: [] },
    windows: [],
    refusal: null,
  };
}
