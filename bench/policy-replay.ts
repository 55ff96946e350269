import type { Edge, Observation } from '../core/edge.ts';
import { zeroCounters } from '../core/flow.ts';
import type { ClusterSnapshot, NetworkPolicy, Pod } from '../core/kubernetes.ts';
import type { PodPeer } from '../policy/evaluate/query.ts';
import { type PolicyEdit, PreparedReplay } from '../policy/replay/prepared-replay.ts';
import { replay } from '../policy/replay/replay.ts';
import { type PolicyCluster, servedPorts } from './policy-cluster.ts';

const observation: Observation = {
  counters: { ...zeroCounters(), established: 1 },
  drops: {},
  directionBy: 'handshake',
  serverNames: [],
  firstSeenUnixMs: 1,
  lastSeenUnixMs: 2,
};

function podOf({ namespace, name, labels, addresses, ports }: PodPeer): Pod {
  const metadata = { name, namespace, uid: name, labels, annotations: {}, ownerReferences: [] };
  const status = { phase: 'Running', podIPs: addresses.map((ip) => ({ ip })) };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'main', ports }] }, status };
}

export function snapshotOf({ pods, policies }: PolicyCluster): ClusterSnapshot {
  const nothing = { namespaces: [], nodes: [], services: [], endpointSlices: [], controllers: [] };
  const rest = { clusterPolicies: [], serviceCidrs: [], otherPolicies: [] };
  return { ...nothing, ...rest, pods: pods.map(podOf), networkPolicies: policies };
}

/** So many different edges between the pods, spread evenly. @param count at most the square of the pods */
export function edgesAmong({ pods }: PolicyCluster, count: number): Edge[] {
  const ends = pods.map(({ namespace, name }) => ({ type: 'workload', namespace, kind: 'Pod', name }) as const);
  return Array.from({ length: count }, (_, index): Edge => {
    const step = Math.floor(index / ends.length) + 1;
    const [client, server] = [ends[index % ends.length], ends[(index * 7 + step * 13) % ends.length]];
    return {
      client: client as (typeof ends)[number],
      server: server as (typeof ends)[number],
      protocol: 'TCP',
      port: servedPorts[step % servedPorts.length] as number,
      services: [],
      byClient: observation,
      byServer: null,
      merged: observation,
      verdict: 'forwarded',
    };
  });
}

/** Seconds for a replay, the reading of the policies counted. */
export function replaySeconds(cluster: ClusterSnapshot, edges: readonly Edge[]): number {
  const start = process.hrtime.bigint();
  const result = replay({ cluster, policies: cluster.networkPolicies, edges });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (result.flows !== edges.length || result.allowed === 0 || result.denied === 0)
    throw new Error('the replay is not real');
  return seconds;
}

/** The policy with one port of its first rules changed. */
function edited(policy: NetworkPolicy, port: number): NetworkPolicy {
  const { ingress = [], egress = [] } = policy.spec;
  const ports = [{ port }];
  const spec = {
    ...policy.spec,
    ingress: ingress.map((rule, index) => (index === 0 ? { ...rule, ports } : rule)),
    egress: egress.map((rule, index) => (index === 0 ? { ...rule, ports } : rule)),
  };
  return { ...policy, spec };
}

/** Milliseconds of each edit: trying it and making it so, with all counts. */
export function reverifyMs(cluster: ClusterSnapshot, edges: readonly Edge[], edits: number): number[] {
  const { networkPolicies } = cluster;
  const prepared = new PreparedReplay({ cluster, policies: networkPolicies, edges });
  return Array.from({ length: edits }, (_, index) => {
    const policy = networkPolicies[(index * 37) % networkPolicies.length] as NetworkPolicy;
    const edit: PolicyEdit = { type: 'apply', policy: edited(policy, 1000 + index) };
    const start = process.hrtime.bigint();
    prepared.commit(prepared.try(edit));
    return Number(process.hrtime.bigint() - start) / 1e6;
  });
}
