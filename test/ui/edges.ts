import type { Edge, Entity, Verdict } from '../../proto/wire.ts';

/** `shop/cart` as the Deployment of that name; an address as one outside. */
export function end(text: string): Entity {
  const [namespace = '', name] = text.split('/');
  if (name === undefined) return { entity: 'external', external: text, alias: null };
  return { entity: 'workload', workload: { namespace, kind: 'Deployment', name } };
}

/** An edge as the API tells it. */
export function wireEdge(
  client: string,
  server: string,
  port: number,
  change: Partial<Edge> & { readonly bytes?: number } = {},
): Edge {
  const { bytes = 1_000, verdict = 'VERDICT_FORWARDED' satisfies Verdict, ...rest } = change;
  const counters = {
    attempts: 2,
    established: verdict === 'VERDICT_FORWARDED' ? 2 : 0,
    refused: 0,
    unanswered: 0,
    synPackets: 2,
    bytesToServer: bytes,
    bytesToClient: 0,
    packetsToServer: 4,
    packetsToClient: 4,
    retransmits: 0,
    rttMicros: 0,
    rttSamples: 0,
  };
  const merged = {
    counters,
    drops: verdict === 'VERDICT_DROPPED' ? [{ reason: 'NETFILTER_DROP', packets: 3 }] : [],
    firstSeenUnixMs: 1_700_000_000_000,
    lastSeenUnixMs: 1_700_000_060_000,
    directionBy: 'DIRECTION_EVIDENCE_HANDSHAKE' as const,
    serverNames: [],
  };
  const ends = { client: end(client), server: end(server) };
  return {
    ...ends,
    protocol: 'PROTOCOL_TCP',
    port,
    services: [],
    byClient: merged,
    byServer: null,
    merged,
    verdict,
    ...rest,
  };
}
