import type { ClusterPolicy, ClusterPolicyPeer } from '../../core/cluster-policy.ts';
import type { Node, Policy } from '../../core/kubernetes.ts';
import type { Peer, Query } from '../../policy/evaluate/query.ts';
import { inCidr, isNamed, type Side, selects } from './oracle-matching.ts';
import { either, type World } from './oracle-world.ts';

/* The cluster-wide policies, slow and plain, from the text of sigs.k8s.io/network-policy-api. */

export interface About {
  readonly world: World;
  readonly policies: readonly Policy[];
  readonly nodes: readonly Node[];
  readonly side: Side;
  readonly near: Extract<Peer, { type: 'pod' }>;
  readonly far: Peer;
  readonly address: string | null;
  readonly query: Query;
}

type AnyRule = NonNullable<ClusterPolicy['spec']['ingress']>[number];

function tierOf(policy: ClusterPolicy): 'Admin' | 'Baseline' {
  if (policy.kind === 'ClusterNetworkPolicy') return policy.spec.tier;
  return policy.kind === 'AdminNetworkPolicy' ? 'Admin' : 'Baseline';
}

function priorityOf(policy: ClusterPolicy): number {
  return policy.kind === 'BaselineAdminNetworkPolicy' ? 0 : policy.spec.priority;
}

function podMatches({ namespaces, pods }: ClusterPolicyPeer, pod: Peer): boolean {
  if (pod.type !== 'pod' || pod.hostNetwork) return false;
  if (namespaces) return selects(namespaces, pod.namespaceLabels);
  if (!pods) return false;
  return selects(pods.namespaceSelector, pod.namespaceLabels) && selects(pods.podSelector, pod.labels);
}

function nodeOf({ far, nodes }: About): Node | 'unknown' | null {
  if (far.type === 'address') {
    const found = nodes.find(({ status }) => (status.addresses ?? []).some((each) => each.address === far.address));
    return found ?? (nodes.length === 0 ? 'unknown' : null);
  }
  const name = far.type === 'node' ? far.name : far.type === 'pod' && far.hostNetwork ? far.nodeName : undefined;
  if (name === undefined) return null;
  return nodes.find(({ metadata }) => metadata.name === name) ?? 'unknown';
}

function peerMatches(peer: ClusterPolicyPeer, about: About, place: string): boolean {
  const { far, address, world } = about;
  const open = () => world.choose(place, either);
  if (far.type === 'service' || far.type === 'gone') return open();
  if (peer.nodes) {
    const node = nodeOf(about);
    if (node === null) return false;
    const demands = [...Object.keys(peer.nodes.matchLabels ?? {}), ...(peer.nodes.matchExpressions ?? [])];
    const everyNode = demands.length === 0;
    if (node === 'unknown') return everyNode && far.type !== 'address' ? true : open();
    return selects(peer.nodes, node.metadata.labels);
  }
  if (peer.networks) return address === null ? open() : peer.networks.some((each) => inCidr(each, address));
  if (peer.domainNames) return far.type === 'address' && open();
  return podMatches(peer, far);
}

interface PlainPort {
  readonly protocol: string;
  readonly first: number;
  readonly last: number;
}

function plainPorts(rule: AnyRule): readonly (PlainPort | string)[] | null {
  if ('ports' in rule && rule.ports) {
    return rule.ports.map(({ portNumber, portRange, namedPort }) => {
      if (portNumber) {
        return { protocol: portNumber.protocol ?? 'TCP', first: portNumber.port, last: portNumber.port };
      }
      if (portRange) return { protocol: portRange.protocol ?? 'TCP', first: portRange.start, last: portRange.end };
      return namedPort as string;
    });
  }
  if ('protocols' in rule && rule.protocols) {
    return rule.protocols.map((given) => {
      if (given.destinationNamedPort) return given.destinationNamedPort;
      const [[protocol, body]] = Object.entries(given) as [[string, NonNullable<typeof given.tcp>]];
      const { number, range } = body.destinationPort ?? {};
      return {
        protocol: protocol.toUpperCase(),
        first: number ?? range?.start ?? 0,
        last: number ?? range?.end ?? 65535,
      };
    });
  }
  return null;
}

function portsMatch(rule: AnyRule, policy: ClusterPolicy, { query, world }: About, place: string): boolean {
  const ports = plainPorts(rule);
  const isIcmp = query.protocol.startsWith('ICMP');
  if (ports === null) {
    return !isIcmp || policy.kind === 'ClusterNetworkPolicy' || world.choose(`${place} ICMP`, either);
  }
  if (isIcmp) return false;
  return ports.some((port) => {
    if (typeof port !== 'string') {
      return port.protocol === query.protocol && query.port >= port.first && query.port <= port.last;
    }
    const isUnknown = query.server.type === 'gone' || query.server.type === 'service';
    return isNamed(port, query) || (isUnknown && world.choose(`${place} ${port}`, either));
  });
}

/** What a policy does with the connection in this world; null where no rule of it matches. */
function verdictOf(policy: ClusterPolicy, about: About): 'Allow' | 'Deny' | 'Pass' | null {
  const { side } = about;
  for (const [index, rule] of ((policy.spec[side] ?? []) as readonly AnyRule[]).entries()) {
    const place = `${policy.kind} ${policy.metadata.name} ${side} ${index}`;
    const peers = (side === 'ingress' ? rule.from : rule.to) ?? [];
    if (peers.some((peer) => Object.keys(peer).length === 0)) {
      if (rule.action === 'Deny' || rule.action === 'Pass') return 'Deny';
      continue;
    }
    if (!portsMatch(rule, policy, about, place)) continue;
    if (!peers.some((peer, number) => peerMatches(peer, about, `${place} ${number}`))) continue;
    return rule.action === 'Accept' ? 'Allow' : rule.action;
  }
  return null;
}

/** Whether a tier lets the connection through; null where it says nothing or passes it on. */
export function tierVerdict(tier: 'Admin' | 'Baseline', about: About): boolean | null {
  const speaking = about.policies
    .filter((policy): policy is ClusterPolicy => policy.kind !== 'NetworkPolicy' && tierOf(policy) === tier)
    .filter((policy) => podMatches(policy.spec.subject, about.near))
    .flatMap((policy) => {
      const verdict = verdictOf(policy, about);
      return verdict === null ? [] : [{ policy, verdict }];
    });
  // Of each version those with the lowest priority may be asked first.
  const isFirst = ({ policy }: (typeof speaking)[number]) =>
    speaking.every(
      (other) =>
        (other.policy.kind === 'ClusterNetworkPolicy') !== (policy.kind === 'ClusterNetworkPolicy') ||
        priorityOf(other.policy) >= priorityOf(policy),
    );
  const [first, ...others] = speaking.filter(isFirst);
  if (first === undefined) return null;
  const { verdict } = about.world.choose(
    `first of ${tier}: ${speaking.map(({ policy }) => policy.metadata.name).join()}`,
    [first, ...others],
  );
  return verdict === 'Pass' ? null : verdict === 'Allow';
}
