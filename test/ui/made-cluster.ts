import type { FlowRecord } from '../../core/flow.ts';
import { zeroCounters } from '../../core/flow.ts';
import { addressOf } from '../aggregator/cluster-fixture.ts';
import { Draw } from './draw.ts';

/** How large a made-up cluster is. */
export interface MadeSize {
  readonly namespaces: readonly string[];
  readonly workloads: number;
  readonly edges: number;
  readonly nodes: number;
  readonly seed: number;
}

export interface MadePod {
  readonly namespace: string;
  readonly workload: string;
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  readonly node: string;
  readonly port: number;
}

type Outcome = 'forwarded' | 'dropped' | 'refused' | 'unanswered';

/** One edge, as both of its ends would report it. */
export interface MadeEdge {
  readonly client: MadePod;
  /** Null for an address outside the cluster, or one that nobody has. */
  readonly server: MadePod | null;
  readonly address: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  readonly outcome: Outcome;
}

export interface MadeCluster {
  readonly nodes: readonly string[];
  readonly pods: readonly MadePod[];
  readonly edges: readonly MadeEdge[];
  readonly namespaces: readonly string[];
}

const roles = [
  'frontend',
  'checkout',
  'cart',
  'catalog',
  'payment',
  'search',
  'orders',
  'mailer',
  'cache',
  'db',
] as const;
const ports: Readonly<Record<string, number>> = { cache: 6379, db: 5432, frontend: 8080 };
const outside = ['203.0.113.7', '203.0.113.80', '198.51.100.24', '192.0.2.53', '2001:db8::7'] as const;
/** In the pods' block, and nobody's. */
const nobody = '10.1.255.200';

function podOf(index: number, { namespaces, nodes }: MadeSize): MadePod {
  const namespace = namespaces[index % namespaces.length] as string;
  const role = roles[Math.floor(index / namespaces.length) % roles.length] as string;
  const round = Math.floor(index / (namespaces.length * roles.length));
  const workload = round === 0 ? role : `${role}-${round + 1}`;
  return {
    namespace,
    workload,
    kind: role === 'db' || role === 'cache' ? 'StatefulSet' : 'Deployment',
    name: `${workload}-0`,
    uid: `uid-${namespace}-${workload}`,
    ip: `10.1.${index >> 8}.${index & 255}`,
    node: `node-${(index % nodes) + 1}`,
    port: ports[role] ?? 8443,
  };
}

const dns: Pick<MadePod, 'namespace' | 'workload' | 'kind' | 'name' | 'uid' | 'ip' | 'port'> = {
  namespace: 'kube-system',
  workload: 'coredns',
  kind: 'Deployment',
  name: 'coredns-0',
  uid: 'uid-coredns',
  ip: '10.1.250.10',
  port: 53,
};

function outcomeOf(draw: Draw): Outcome {
  const share = draw.share();
  if (share < 0.92) return 'forwarded';
  return share < 0.96 ? 'dropped' : share < 0.98 ? 'refused' : 'unanswered';
}

/** A made-up cluster; the same seed makes the same one. One workload in thirteen is silent. */
export function makeCluster(size: MadeSize): MadeCluster {
  const draw = new Draw(size.seed);
  const nodes = Array.from({ length: size.nodes }, (_, i) => `node-${i + 1}`);
  const server: MadePod = { ...dns, node: 'node-1' };
  const pods = Array.from({ length: size.workloads - 1 }, (_, i) => podOf(i, size));
  const talking = pods.filter((_, i) => i % 13 !== 6);
  const byNamespace = new Map(size.namespaces.map((name) => [name, talking.filter((pod) => pod.namespace === name)]));
  const edges = new Map<string, MadeEdge>();
  const add = (edge: MadeEdge) => edges.set(`${edge.client.uid} ${edge.address} ${edge.port}`, edge);
  for (const client of talking) {
    add({ client, server, address: server.ip, port: 53, protocol: 'UDP', outcome: 'forwarded' });
  }
  while (edges.size < size.edges) {
    const client = draw.one(talking);
    const share = draw.share();
    if (share < 0.04) {
      const address = share < 0.005 ? nobody : draw.one(outside);
      add({ client, server: null, address, port: 443, protocol: 'TCP', outcome: outcomeOf(draw) });
      continue;
    }
    const near = byNamespace.get(client.namespace) ?? talking;
    const peer = draw.one(share < 0.75 ? near : talking);
    if (peer === client) continue;
    const port = peer.port + (size.edges > 1_000 ? draw.below(4) : 0);
    add({ client, server: peer, address: peer.ip, port, protocol: 'TCP', outcome: outcomeOf(draw) });
  }
  return {
    nodes,
    pods: [...pods, server],
    edges: [...edges.values()],
    namespaces: [...size.namespaces, dns.namespace],
  };
}

/** What both agents report of an edge in one window. */
export function recordsOf(
  edge: MadeEdge,
  atMs: number,
  draw: Draw,
): { readonly node: string; readonly record: FlowRecord }[] {
  const { client, server, outcome, protocol, port, address } = edge;
  const connections = 1 + draw.below(40);
  const through = outcome === 'forwarded';
  const tcp = protocol === 'TCP';
  const counters = {
    ...zeroCounters(),
    attempts: tcp ? connections : 0,
    established: tcp && through ? connections : 0,
    refused: outcome === 'refused' ? connections : 0,
    unanswered: outcome === 'unanswered' || outcome === 'dropped' ? connections : 0,
    bytesToServer: through ? connections * (200 + draw.below(4_000)) : 0,
    bytesToClient: through ? connections * (400 + draw.below(60_000)) : 0,
    packetsToServer: connections * 4,
    packetsToClient: through ? connections * 4 : 0,
    rttMicros: through ? connections * 300 : 0,
    rttSamples: through ? connections : 0,
  };
  const shared = {
    directionBy: 'handshake',
    port,
    protocol,
    seenAs: null,
    firstSeenUnixMs: atMs,
    lastSeenUnixMs: atMs + 900,
  } as const;
  const ref = ({ namespace, name, uid }: MadePod) => ({ namespace, name, uid });
  const drops = outcome === 'dropped' ? { NETFILTER_DROP: connections } : {};
  const byClient: FlowRecord = {
    ...shared,
    pod: ref(client),
    role: 'client',
    remote: addressOf(address),
    remoteName: null,
    counters,
    drops,
  };
  if (server === null || !through) return [{ node: client.node, record: byClient }];
  const byServer: FlowRecord = {
    ...shared,
    pod: ref(server),
    role: 'server',
    remote: addressOf(client.ip),
    remoteName: null,
    counters: { ...counters, attempts: 0 },
    drops: {},
  };
  return [
    { node: client.node, record: byClient },
    { node: server.node, record: byServer },
  ];
}

/** The cluster's objects as kubectl prints them, as one list in JSON. */
export function manifestOf({ nodes, pods, namespaces }: MadeCluster): string {
  const created = '2026-01-01T00:00:00Z';
  const items: object[] = [
    ...namespaces.map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
    })),
    ...nodes.map((name, i) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      spec: { podCIDR: `10.1.${i}.0/24` },
      status: { addresses: [{ type: 'InternalIP', address: `172.20.0.${i + 1}` }] },
    })),
  ];
  for (const { namespace, workload, kind, name, uid, ip, node, port } of pods) {
    const labels = { app: workload, 'app.kubernetes.io/name': workload };
    const spec = { containers: [{ name: 'main', ports: [{ name: 'main', containerPort: port }] }] };
    const owner = { apiVersion: 'apps/v1', kind, name: workload, uid: `${uid}-owner`, controller: true };
    items.push(
      {
        apiVersion: 'apps/v1',
        kind,
        metadata: { name: workload, namespace, uid: `${uid}-owner` },
        spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace, uid, labels, ownerReferences: [owner], creationTimestamp: created },
        spec: { ...spec, nodeName: node },
        status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
      },
    );
  }
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
