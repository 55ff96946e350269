import type { Edge } from '../core/edge.ts';
import { zeroCounters } from '../core/flow.ts';
import type { Entity } from '../core/identity.ts';
import type { Address } from '../core/address.ts';
import { type ClusterSnapshot } from '../core/kubernetes.ts';
import { parseManifests, snapshotOf } from '../core/manifest.ts';

/** A cluster with what was seen in it. */
export interface SeenCluster {
  readonly cluster: ClusterSnapshot;
  readonly edges: readonly Edge[];
}

const perNamespace = 50;
const ports = [80, 443, 5432, 6379, 8080, 9090] as const;
const hour = 3_600_000;

function namespaceOf(index: number): string {
  return `n${Math.floor(index / perNamespace)}`;
}

function workload(index: number): Entity {
  return { type: 'workload', namespace: namespaceOf(index), kind: 'Deployment', name: `w${index}` };
}

function manifests(workloads: number): object[] {
  return Array.from({ length: workloads }, (_, index) => {
    const labels = { app: `w${index}`, team: `t${index % 20}`, release: `r${index % 7}` };
    const spec = { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }] };
    const metadata = { name: `w${index}`, namespace: namespaceOf(index) };
    const pods = [0, 1].map((replica) => ({
      kind: 'Pod',
      metadata: {
        name: `w${index}-${replica}`,
        namespace: metadata.namespace,
        labels: { ...labels, 'pod-template-hash': 'abc' },
        ownerReferences: [{ kind: 'Deployment', name: metadata.name, uid: 'u', controller: true }],
      },
      spec: { ...spec, nodeName: `node${index % 50}` },
      status: { phase: 'Running', podIP: `10.${index >> 8}.${index & 255}.${replica + 1}` },
    }));
    return [{ kind: 'Deployment', metadata, spec: { template: { metadata: { labels }, spec } } }, ...pods];
  }).flat();
}

/**
 * Workloads of 50 to a namespace with two pods each, and edges between them that all differ: half of them inside a
 * namespace, one in twenty to an address outside.
 */
export function seenCluster(workloads: number, edges: number): SeenCluster {
  const { objects } = parseManifests(JSON.stringify({ kind: 'List', items: manifests(workloads) }), 'bench');
  const counters = { ...zeroCounters(), attempts: 9, established: 9 };
  const merged = { counters, drops: {}, directionBy: 'handshake', serverNames: [] } as const;
  const seen = Array.from({ length: edges }, (_, index): Edge => {
    const from = index % workloads;
    const round = Math.floor(index / workloads);
    const start = from - (from % perNamespace);
    const to = round % 2 === 0 ? start + ((from + 1 + round) % perNamespace) : (from + 1 + round * 37) % workloads;
    const outside: Entity = { type: 'external', address: `203.0.${round & 255}.${from & 255}` as Address };
    const port = ports[(round * 7 + from) % ports.length] as number;
    const times = { firstSeenUnixMs: hour * (1 + (index % 10)), lastSeenUnixMs: hour * 20 };
    const observed = { ...merged, ...times };
    return {
      client: workload(from),
      server: round % 20 === 19 ? outside : workload(to === from ? (to + 1) % workloads : to),
      protocol: 'TCP',
      port,
      services: [],
      byClient: observed,
      byServer: observed,
      merged: observed,
      verdict: 'forwarded',
    };
  });
  return { cluster: snapshotOf(objects.map(({ object }) => object)), edges: seen };
}
