import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, Node, Policy } from '../../core/kubernetes.ts';
import type { Decision } from '../../core/verdict.ts';
import type { Peer, Query } from '../../policy/evaluate/query.ts';
import { inCidr, isNamed, type Side, selects } from './oracle-matching.ts';
import { tierVerdict } from './oracle-tiers.ts';
import { allWorlds, either, type World } from './oracle-world.ts';

/*
 * The policies, slow and plain, from the text of the API references. Where that leaves something open, every reading is
 * a world of its own in which all is settled: a decision is what all worlds agree on, and `depends` where they differ.
 */

function portMatches(port: NetworkPolicyPort, query: Query): boolean {
  if ((port.protocol ?? 'TCP') !== query.protocol) return false;
  if (port.port === undefined) return true;
  if (typeof port.port === 'string') return isNamed(port.port, query);
  return query.port >= port.port && query.port <= (port.endPort ?? port.port);
}

function peerMatches(
  peer: NetworkPolicyPeer,
  policy: NetworkPolicy,
  far: Peer,
  address: string | null,
  world: World,
): boolean {
  const { ipBlock, namespaceSelector, podSelector } = peer;
  if (ipBlock) {
    if (far.type !== 'pod' && far.type !== 'address') return false;
    if (address === null) return world.choose('blocks hold what has no address', either);
    return inCidr(ipBlock.cidr, address) && !(ipBlock.except ?? []).some((each) => inCidr(each, address));
  }
  if (far.type !== 'pod' || (!namespaceSelector && !podSelector)) return false;
  const namespaceMatches = namespaceSelector
    ? selects(namespaceSelector, far.namespaceLabels)
    : far.namespace === policy.metadata.namespace;
  return namespaceMatches && (podSelector ? selects(podSelector, far.labels) : true);
}

function applies(policy: NetworkPolicy, side: Side): boolean {
  const { policyTypes, egress } = policy.spec;
  if (policyTypes && policyTypes.length > 0) return policyTypes.includes(side === 'egress' ? 'Egress' : 'Ingress');
  return side === 'ingress' || (egress !== undefined && egress.length > 0);
}

function rulesOf(policy: NetworkPolicy, side: Side) {
  return side === 'ingress'
    ? (policy.spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
    : (policy.spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
}

/** The node that the far end is in this world (null: one without a name); undefined where it is none. */
function nodeSeen(far: Peer, world: World): string | null | undefined {
  if (far.type === 'node') return far.name;
  const isNode = far.type === 'pod' && far.hostNetwork && !world.choose('host pods are pods', either);
  return isNode ? far.nodeName : undefined;
}

/** What NetworkPolicies say; null where none isolates the pod. */
function networkPoliciesSay(
  world: World,
  policies: readonly NetworkPolicy[],
  side: Side,
  [near, far]: readonly [Extract<Peer, { type: 'pod' }>, Peer],
  address: string | null,
  query: Query,
): boolean | null {
  if (near.hostNetwork && !world.choose('host pods are pods', either)) return null;
  const applied = policies.filter(
    (each) =>
      each.metadata.namespace === near.namespace && applies(each, side) && selects(each.spec.podSelector, near.labels),
  );
  if (applied.length === 0) return null;
  const farNode = nodeSeen(far, world);
  if (farNode !== undefined && farNode !== null && farNode === near.nodeName) return true;
  const unspokenPasses = () => world.choose('what no rule speaks of passes', either);
  if (query.protocol === 'ICMP' || query.protocol === 'ICMPv6') return unspokenPasses();
  const spoken = applied.some((policy) =>
    rulesOf(policy, side).some(({ peers, ports }) => {
      const portOk = !ports || ports.length === 0 || ports.some((port) => portMatches(port, query));
      const everyone = !peers || peers.length === 0;
      const named = () =>
        farNode === undefined && (peers ?? []).some((peer) => peerMatches(peer, policy, far, address, world));
      return portOk && (everyone || named());
    }),
  );
  const unspoken = farNode !== undefined || far.type === 'service' || far.type === 'gone';
  return spoken || (unspoken && unspokenPasses());
}

function addressesInUse(near: Peer, far: Peer, nodes: readonly Node[]): readonly [string | null, ...(string | null)[]] {
  if (far.type === 'address') return [far.address];
  const known =
    far.type === 'pod'
      ? far.addresses
      : far.type === 'node'
        ? (nodes.find(({ metadata }) => metadata.name === far.name)?.status.addresses ?? []).map((each) => each.address)
        : [];
  const isSix = (text: string) => text.includes(':');
  const own = near.type === 'pod' ? near.addresses : [];
  const shared = known.filter((address) => own.some((each) => isSix(each) === isSix(address)));
  const [first, ...others] = known.length > 1 && shared.length > 0 ? shared : known;
  return first === undefined ? [null] : [first, ...others];
}

export interface Given {
  readonly policies: readonly Policy[];
  readonly nodes: readonly Node[];
}

function allowsIn(world: World, { policies, nodes }: Given, side: Side, near: Peer, query: Query): boolean {
  const far = side === 'egress' ? query.server : query.client;
  const networkPolicies = policies.filter((each): each is NetworkPolicy => each.kind === 'NetworkPolicy');
  if (near.type === 'gone') {
    const mayApply = policies.some((each) =>
      each.kind === 'NetworkPolicy'
        ? each.metadata.namespace === near.namespace && applies(each, side)
        : (each.spec[side] ?? []).some(
            (rule) =>
              rule.action === 'Deny' ||
              (rule.action === 'Pass' && (rule.from ?? rule.to ?? []).some((peer) => Object.keys(peer).length === 0)),
          ),
    );
    return !mayApply || world.choose('what is gone was free', either);
  }
  if (near.type !== 'pod') return true;
  if (far.type === 'pod' && far.name === near.name && far.namespace === near.namespace) return true;
  if (far.type === 'address' && (near.addresses.includes(far.address) || /^(127\.|::1$)/.test(far.address)))
    return true;
  const address = world.choose('address in use', addressesInUse(near, far, nodes));
  const about = { world, policies, nodes, side, near, far, address, query };
  const admin = tierVerdict('Admin', about);
  if (admin !== null) return admin;
  const said = networkPoliciesSay(world, networkPolicies, side, [near, far], address, query);
  return said ?? tierVerdict('Baseline', about) ?? true;
}

/** What the policies say at one end. */
export function oracleSide(given: Given, side: Side, query: Query): Decision {
  const near = side === 'egress' ? query.client : query.server;
  const answers = allWorlds((world) => allowsIn(world, given, side, near, query));
  if (answers.size === 2) return 'depends';
  return answers.has(true) ? 'allowed' : 'denied';
}
