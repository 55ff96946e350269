import type { NetworkPolicy, NetworkPolicyPeer } from '../core/kubernetes.ts';
import { namespaceLabels } from '../core/kubernetes.ts';
import type { Peer, PodPeer, Query } from '../policy/evaluate/query.ts';

/** A cluster of pods that all differ, and as many policies. */
export interface PolicyCluster {
  readonly pods: readonly PodPeer[];
  readonly policies: readonly NetworkPolicy[];
}

/** Numbers from 0 to below 1 that are the same every time (mulberry32). */
function randomBy(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const teams = 20;
/** Few, as in most clusters, so that many rules cover the port that is asked for. */
export const servedPorts = [80, 443, 8080, 9090] as const;

/**
 * Pods with a name of their own and one of 20 teams. A policy selects one pod or, one in ten, a team, for both
 * directions; each of its three rules names a pod, a team or a block of addresses.
 * @param namespaces over which pods and policies are spread
 */
export function policyCluster(size: number, namespaces: number, seed: number): PolicyCluster {
  const random = randomBy(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const namespaceOf = (index: number) => `n${index % namespaces}`;
  const pods = Array.from({ length: size }, (_, index): PodPeer => {
    const namespace = namespaceOf(index);
    return {
      type: 'pod',
      namespace,
      name: `p${index}`,
      labels: { app: `a${index}`, team: `t${index % teams}` },
      namespaceLabels: namespaceLabels(namespace, undefined),
      addresses: [`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}` as PodPeer['addresses'][number]],
      ports: [{ name: 'http', containerPort: 8080 }],
      hostNetwork: false,
      nodeName: null,
    };
  });
  const pod = () => ({ matchLabels: { app: `a${below(size)}` } });
  const team = () => ({ matchLabels: { team: `t${below(teams)}` } });
  const peer = (): NetworkPolicyPeer => {
    const kind = below(10);
    if (kind === 0) return { ipBlock: { cidr: `10.0.${below(4)}.0/24` } };
    return kind < 3 ? { podSelector: team() } : { podSelector: pod(), namespaceSelector: {} };
  };
  const rules = () =>
    Array.from({ length: 3 }, () => ({
      peers: [peer(), peer()],
      ports: [{ port: servedPorts[below(servedPorts.length)] as number }],
    }));
  const policies = Array.from({ length: size }, (_, index): NetworkPolicy => {
    const ingress = rules().map(({ peers, ports }) => ({ from: peers, ports }));
    const egress = rules().map(({ peers, ports }) => ({ to: peers, ports }));
    const metadata = { uid: '', labels: {}, annotations: {}, ownerReferences: [] };
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `p${index}`, namespace: namespaceOf(index), ...metadata },
      spec: { podSelector: index % 10 === 0 ? team() : pod(), policyTypes: ['Ingress', 'Egress'], ingress, egress },
    };
  });
  return { pods, policies };
}

/** Questions between random pods, one in ten from or to an address outside. */
export function randomQueries({ pods }: PolicyCluster, count: number, seed: number): Query[] {
  const random = randomBy(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const outside = Array.from({ length: 256 }, (_, index): Peer => {
    return { type: 'address', address: `203.0.113.${index}` as PodPeer['addresses'][number] };
  });
  const end = () => (below(20) === 0 ? outside[below(outside.length)] : pods[below(pods.length)]) as Peer;
  return Array.from({ length: count }, () => ({
    client: end(),
    server: end(),
    protocol: 'TCP',
    port: servedPorts[below(servedPorts.length)] as number,
  }));
}
