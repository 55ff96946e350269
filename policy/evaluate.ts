import { addressToBytes } from '../core/address.ts';
import type { Direction } from '../core/flow.ts';
import type { NetworkPolicy } from '../core/kubernetes.ts';
import { compareText } from '../core/order.ts';
import type { Decision } from '../core/verdict.ts';
import type { Assumption, Because, PolicyRef } from './because.ts';
import { type CompiledBlock, type CompiledPolicy, compilePolicy } from './compile.ts';
import { blockHolds, type End, perhaps } from './match.ts';
import type { Peer, PodPeer, Query } from './query.ts';
import { type Found, searchRules } from './search.ts';

/** What the policies of one end say: egress at the client, ingress at the server. */
export interface SideDecision {
  readonly decision: Decision;
  readonly because: Because;
}

/** Denied if either side denies, else depends if either depends, else allowed. */
export interface Answer {
  readonly decision: Decision;
  readonly egress: SideDecision;
  readonly ingress: SideDecision;
}

/** The policies that isolate an end in one direction, in the order of their names. */
interface Isolation {
  readonly policies: readonly CompiledPolicy[];
  readonly refs: readonly PolicyRef[];
  /** What stands where no rule matches: most answers, so it is made once. */
  readonly denial: SideDecision;
}

interface SelectedEnd extends End {
  /** Null where the end is open. */
  readonly isolation: Readonly<Record<Direction, Isolation | null>>;
}

const severity: Readonly<Record<Decision, number>> = { allowed: 0, depends: 1, denied: 2 };

/** The decision that stands where both apply. */
export function worse(a: Decision, b: Decision): Decision {
  return severity[a] >= severity[b] ? a : b;
}

const notAPod: Readonly<Record<Direction, SideDecision>> = {
  ingress: { decision: 'allowed', because: { type: 'not-a-pod', direction: 'ingress' } },
  egress: { decision: 'allowed', because: { type: 'not-a-pod', direction: 'egress' } },
};
const notIsolated: Readonly<Record<Direction, SideDecision>> = {
  ingress: { decision: 'allowed', because: { type: 'not-isolated', direction: 'ingress' } },
  egress: { decision: 'allowed', because: { type: 'not-isolated', direction: 'egress' } },
};
const itself: SideDecision = { decision: 'allowed', because: { type: 'itself' } };
const ownNode: SideDecision = { decision: 'allowed', because: { type: 'own-node' } };

function open(direction: Direction, policies: readonly PolicyRef[], assumption: Assumption): SideDecision {
  return { decision: 'depends', because: { type: 'open', direction, policies, assumption } };
}

function allow(direction: Direction, { match, policy, rule, peer, port }: Found): SideDecision {
  const { assumption } = match;
  return {
    decision: 'allowed',
    because: { type: 'rule', direction, policy: policy.ref, rule, peer, port, assumption },
  };
}

function isolationBy(selecting: readonly CompiledPolicy[], direction: Direction): Isolation | null {
  const policies = selecting.filter((policy) => policy.rules[direction] !== null);
  if (policies.length === 0) return null;
  const refs = policies.map((policy) => policy.ref);
  const denial: SideDecision = { decision: 'denied', because: { type: 'default-deny', direction, policies: refs } };
  return { policies, refs, denial };
}

function addressesOf(peer: Peer): readonly Uint8Array[] {
  if (peer.type === 'pod') return peer.addresses.map(addressToBytes);
  return peer.type === 'address' ? [addressToBytes(peer.address)] : [];
}

/** A pod reaches itself also at its own address and over loopback, whatever the policies say. */
function isItself(pod: PodPeer, other: Peer): boolean {
  if (other.type === 'pod') return pod.namespace === other.namespace && pod.name === other.name;
  if (other.type !== 'address') return false;
  return pod.addresses.includes(other.address) || other.address.startsWith('127.') || other.address === '::1';
}

/** What is open about an end that no selector and no address of a rule can be held against. */
function assumptionAbout(other: Peer): Assumption | null {
  switch (other.type) {
    case 'node':
      return 'node-traffic';
    case 'service':
      return 'service-address';
    case 'gone':
      return 'workload-gone';
    case 'pod':
      return other.hostNetwork ? 'host-network' : null;
    case 'address':
      return null;
  }
}

/**
 * NetworkPolicy v1 as the API defines it (https://kubernetes.io/docs/concepts/services-networking/network-policies/),
 * over a fixed set of policies. Where the API leaves the answer open, the decision is `depends` and names what it
 * depends on; it is `allowed` or `denied` only where that holds for every reading.
 */
export class PolicySet {
  readonly #byNamespace = new Map<string, CompiledPolicy[]>();
  readonly #blocks: readonly CompiledBlock[];
  readonly #ends = new WeakMap<Peer, SelectedEnd>();

  /** @throws WeirError ADDRESS_INVALID for an ipBlock that holds no CIDR */
  constructor(policies: readonly NetworkPolicy[]) {
    const compiled = policies.map(compilePolicy);
    compiled.sort((a, b) => compareText(a.ref.name, b.ref.name));
    for (const policy of compiled) {
      const inNamespace = this.#byNamespace.get(policy.ref.namespace) ?? [];
      inNamespace.push(policy);
      this.#byNamespace.set(policy.ref.namespace, inNamespace);
    }
    this.#blocks = compiled
      .flatMap(({ rules }) => [...(rules.ingress ?? []), ...(rules.egress ?? [])])
      .flatMap((rule) => rule.peers ?? [])
      .flatMap((peer) => (peer.type === 'block' ? [peer.block] : []));
  }

  decide(query: Query): Answer {
    const client = this.#end(query.client);
    const server = this.#end(query.server);
    const egress = this.#side('egress', client, server, query);
    const ingress = this.#side('ingress', server, client, query);
    return { decision: worse(egress.decision, ingress.decision), egress, ingress };
  }

  /** A text that is equal for pods that no ipBlock of these policies tells apart by their addresses. */
  addressClass(pod: PodPeer): string {
    return addressesOf(pod)
      .map((address) => {
        const held = this.#blocks.flatMap((block, index) => (blockHolds(block, address) ? [index] : []));
        return `${address.length}:${held.join(',')}`;
      })
      .sort()
      .join(';');
  }

  #end(peer: Peer): SelectedEnd {
    const known = this.#ends.get(peer);
    if (known !== undefined) return known;
    const selecting =
      peer.type === 'pod' ? (this.#byNamespace.get(peer.namespace) ?? []).filter((p) => p.subject(peer.labels)) : [];
    const end: SelectedEnd = {
      peer,
      addresses: addressesOf(peer),
      isolation: { ingress: isolationBy(selecting, 'ingress'), egress: isolationBy(selecting, 'egress') },
    };
    this.#ends.set(peer, end);
    return end;
  }

  #side(direction: Direction, self: SelectedEnd, other: SelectedEnd, query: Query): SideDecision {
    if (self.peer.type === 'gone') return this.#sideOfGone(direction, self.peer.namespace);
    if (self.peer.type !== 'pod') return notAPod[direction];
    if (isItself(self.peer, other.peer)) return itself;
    const isolation = self.isolation[direction];
    if (isolation === null) return notIsolated[direction];
    if (other.peer.type === 'node' && other.peer.name === self.peer.nodeName) return ownNode;
    if (query.protocol === 'ICMP' || query.protocol === 'ICMPv6') return open(direction, isolation.refs, 'icmp');
    const found = searchRules(direction, isolation.policies, self, other, query);
    if (found !== null && found.match.strength > perhaps) return allow(direction, found);
    if (self.peer.hostNetwork) return open(direction, isolation.refs, 'host-network');
    const assumption = found?.match.assumption ?? assumptionAbout(other.peer);
    return assumption === null ? isolation.denial : open(direction, isolation.refs, assumption);
  }

  /** Any policy of its namespace may have selected it. */
  #sideOfGone(direction: Direction, namespace: string): SideDecision {
    const isolation = isolationBy(this.#byNamespace.get(namespace) ?? [], direction);
    return isolation === null ? notIsolated[direction] : open(direction, isolation.refs, 'workload-gone');
  }
}
