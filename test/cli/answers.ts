import { parseAddress, type Address } from '../../core/address.ts';
import { type Edge, type Observation, verdictOf } from '../../core/edge.ts';
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
  const times = { firstSeenUnixMs: seenUnixMs, lastSeenUnixMs: seenUnixMs };
  const observation: Observation = { counters, drops, directionBy: 'handshake', serverNames: [], ...times };
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

interface Told extends Partial<Pick<Observation, 'directionBy' | 'serverNames'>> {
  /** Sum of round-trip times in microseconds, and of how many. */
  readonly rtt?: readonly [micros: number, samples: number];
}

/** An edge that came through, with more that its client told of it. */
export function observed(client: Entity, server: Entity, told: Told, overrides: Partial<Edge> = {}) {
  const { rtt: [rttMicros, rttSamples] = [0, 0], directionBy = 'handshake', serverNames = [] } = told;
  const counters = { ...zeroCounters(), established: 1, rttMicros, rttSamples };
  const times = { firstSeenUnixMs: seenUnixMs, lastSeenUnixMs: seenUnixMs };
  const merged: Observation = { counters, drops: {}, directionBy, serverNames, ...times };
  return edge(client, server, { byClient: merged, merged, verdict: 'forwarded', ...overrides });
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

const replay = {
  flows: 2,
  allowed: 2,
  denied: 0,
  depends: 0,
  newlyAllowed: 0,
  stillDenied: 0,
  findings: [],
  unusedRules: [],
  overPermission: null,
};

/** A quiet cluster with one good edge and one that was dropped. */
export function someAnswers(): Answers {
  const service = { namespace: 'data', name: 'redis' };
  return {
    edges: [edge(cart, redis, { services: [service] }), edge(cart, bank, { port: 443 }, { NETFILTER_DROP: 3 })],
    coverage,
    status: { version: '0.1.0', clusters: [], replicas: [], store: null },
    generate: {
      policies: [],
      yaml: 'kind: NetworkPolicy\n',
      excluded: [],
      skipped: [],
      coverage,
      replay,
      files: [],
      losses: [],
      completeness: null,
      notes: [],
    },
    check: { replay, coverage, problems: [], completeness: null },
    settings: {
      workloadLabels: { include: ['app'], exclude: ['helm.sh/*'] },
      namespaceLabels: { include: [], exclude: [] },
      podCidrs: ['10.244.0.0/16'],
      serviceCidrs: [],
      serviceRules: 'SERVICE_RULES_TARGETS',
      revision: 7,
    },
    windows: [],
    refusal: null,
  };
}
