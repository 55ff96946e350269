import type {
  LabelSelector,
  Labels,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../../core/kubernetes.ts';
import type { Decision } from '../../core/verdict.ts';
import type { Peer, Query } from '../../policy/query.ts';

/*
 * NetworkPolicy, slow and plain, from the text of the API reference. Where that leaves something open, every reading is
 * a world of its own in which all is settled: a decision is what all worlds agree on, and `depends` where they differ.
 */

/** One way in which everything that is open might be. */
interface World {
  /** Pods on their node's network are told from their node. */
  readonly hostPodsArePods: boolean;
  /** What is let through although no rule can speak of it: ICMP, and what comes from a node, a Service, the unknown. */
  readonly unspokenPasses: boolean;
  /** Blocks hold the addresses that pods will be given later. */
  readonly blocksHoldUnknown: boolean;
  /** The address that the far end uses; null where it has none. */
  readonly farAddress: string | null;
  /** A pod that is gone was isolated. */
  readonly goneWasIsolated: boolean;
}

type Side = 'egress' | 'ingress';

function has(labels: Labels, key: string): boolean {
  return Object.keys(labels).includes(key);
}

function selects(selector: LabelSelector, labels: Labels): boolean {
  const byLabels = Object.keys(selector.matchLabels ?? {}).map(
    (key) => has(labels, key) && labels[key] === selector.matchLabels?.[key],
  );
  const byExpressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) => {
    const listed = has(labels, key) && (values ?? []).some((value) => value === labels[key]);
    if (operator === 'In') return listed;
    if (operator === 'NotIn') return !listed;
    return operator === 'Exists' ? has(labels, key) : !has(labels, key);
  });
  return ![...byLabels, ...byExpressions].includes(false);
}

/** All bits of an address in full, as 0 and 1: no masks to get wrong. */
function bitsOf(address: string): string {
  if (!address.includes(':')) {
    return address
      .split('.')
      .map((byte) => Number(byte).toString(2).padStart(8, '0'))
      .join('');
  }
  const [head = '', tail = ''] = address.split('::');
  const words = (text: string) => text.split(':').filter((word) => word !== '');
  const filled = address.includes('::') ? Array<string>(8 - words(head).length - words(tail).length).fill('0') : [];
  return [...words(head), ...filled, ...words(tail)]
    .map((word) => Number.parseInt(word, 16).toString(2).padStart(16, '0'))
    .join('');
}

function inCidr(cidr: string, address: string): boolean {
  const [base = '', length] = cidr.split('/');
  if (base.includes(':') !== address.includes(':')) return false;
  return bitsOf(base).slice(0, Number(length)) === bitsOf(address).slice(0, Number(length));
}

function portMatches(port: NetworkPolicyPort, query: Query): boolean {
  if ((port.protocol ?? 'TCP') !== query.protocol) return false;
  if (port.port === undefined) return true;
  if (typeof port.port === 'number') {
    return port.endPort === undefined
      ? query.port === port.port
      : query.port >= port.port && query.port <= port.endPort;
  }
  if (query.server.type !== 'pod') return false;
  const declared = query.server.ports.filter((each) => each.name === port.port);
  return declared.some((each) => (each.protocol ?? 'TCP') === query.protocol && each.containerPort === query.port);
}

function peerMatches(peer: NetworkPolicyPeer, policy: NetworkPolicy, far: Peer, world: World): boolean {
  const { ipBlock, namespaceSelector, podSelector } = peer;
  if (ipBlock) {
    if (far.type !== 'pod' && far.type !== 'address') return false;
    const address = world.farAddress;
    if (address === null) return world.blocksHoldUnknown;
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

function allowsIn(world: World, policies: readonly NetworkPolicy[], side: Side, near: Peer, query: Query): boolean {
  const far = side === 'egress' ? query.server : query.client;
  if (near.type === 'gone') {
    const mayApply = policies.some((each) => each.metadata.namespace === near.namespace && applies(each, side));
    return !mayApply || !world.goneWasIsolated;
  }
  if (near.type !== 'pod') return true;
  if (near.hostNetwork && !world.hostPodsArePods) return true;
  if (far.type === 'pod' && far.name === near.name && far.namespace === near.namespace) return true;
  if (far.type === 'address' && (near.addresses.includes(far.address) || /^(127\.|::1$)/.test(far.address)))
    return true;
  const applied = policies.filter(
    (each) =>
      each.metadata.namespace === near.namespace && applies(each, side) && selects(each.spec.podSelector, near.labels),
  );
  if (applied.length === 0) return true;
  const farNode = nodeSeen(far, world);
  if (farNode !== undefined && farNode !== null && farNode === near.nodeName) return true;
  if (query.protocol === 'ICMP' || query.protocol === 'ICMPv6') return world.unspokenPasses;
  const spoken = applied.some((policy) =>
    rulesOf(policy, side).some(({ peers, ports }) => {
      const portOk = !ports || ports.length === 0 || ports.some((port) => portMatches(port, query));
      const everyone = !peers || peers.length === 0;
      const named = farNode === undefined && (peers ?? []).some((peer) => peerMatches(peer, policy, far, world));
      return portOk && (everyone || named);
    }),
  );
  const unspoken = farNode !== undefined || far.type === 'service' || far.type === 'gone';
  return spoken || (unspoken && world.unspokenPasses);
}

/** The node that the far end is in this world (null: one without a name); undefined where it is none. */
function nodeSeen(far: Peer, world: World): string | null | undefined {
  if (far.type === 'node') return far.name;
  return far.type === 'pod' && far.hostNetwork && !world.hostPodsArePods ? far.nodeName : undefined;
}

function addressesInUse(near: Peer, far: Peer): readonly (string | null)[] {
  if (far.type === 'address') return [far.address];
  if (far.type !== 'pod' || far.addresses.length === 0) return [null];
  const isSix = (text: string) => text.includes(':');
  const own = near.type === 'pod' ? near.addresses : [];
  const shared = far.addresses.filter((address) => own.some((each) => isSix(each) === isSix(address)));
  return shared.length > 0 ? shared : far.addresses;
}

const either = [true, false];

/** What the policies say at one end. */
export function oracleSide(policies: readonly NetworkPolicy[], side: Side, query: Query): Decision {
  const [near, far] = side === 'egress' ? [query.client, query.server] : [query.server, query.client];
  const answers = new Set<boolean>();
  for (const hostPodsArePods of either) {
    for (const unspokenPasses of either) {
      for (const blocksHoldUnknown of either) {
        for (const goneWasIsolated of either) {
          for (const farAddress of addressesInUse(near, far)) {
            const world = { hostPodsArePods, unspokenPasses, blocksHoldUnknown, goneWasIsolated, farAddress };
            answers.add(allowsIn(world, policies, side, near, query));
          }
        }
      }
    }
  }
  if (answers.size === 2) return 'depends';
  return answers.has(true) ? 'allowed' : 'denied';
}
