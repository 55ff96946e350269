import type { Cidr } from '../../core/address.ts';
import { isClusterPolicy } from '../../core/cluster-policy.ts';
import type { Direction, Protocol } from '../../core/flow.ts';
import type { NetworkPolicy, Node, Policy } from '../../core/kubernetes.ts';
import { compareText } from '../../core/order.ts';
import type { Decision } from '../../core/verdict.ts';
import { Bearing } from './bearing.ts';
import { notIsolated, type Relation } from './relation.ts';
import { CidrIndex } from './cidr-index.ts';
import { type CompiledPolicy, compilePolicy } from './compile.ts';
import { type CompiledClusterPolicy, compileClusterPolicy } from './compile-cluster.ts';
import { Demands } from './demands.ts';
import { type End, EndClasses } from './end.ts';
import { IsolationRules, isolationBy } from './isolation.ts';
import { LabelIndex } from './label-index.ts';
import { NodeIndex } from './nodes.ts';
import type { Peer, PodPeer, Query } from './query.ts';
import type { SideDecision } from './side.ts';
import { demandsOfRule } from './sketch.ts';
import { tierOf } from './tier.ts';

/** Denied if either side denies, else depends if either depends, else allowed. */
export interface Answer {
  readonly decision: Decision;
  readonly egress: SideDecision;
  readonly ingress: SideDecision;
}

/** The NetworkPolicies of a namespace in the order of their names, and the same by the labels that they demand. */
interface Namespaced {
  readonly policies: CompiledPolicy[];
  readonly byLabel: LabelIndex;
}

/** What bears on an end in either direction. */
type Bearings = Readonly<Record<Direction, Bearing>>;

const severity: Readonly<Record<Decision, number>> = { allowed: 0, depends: 1, denied: 2 };

/** The decision that stands where both apply. */
export function worse(a: Decision, b: Decision): Decision {
  return severity[a] >= severity[b] ? a : b;
}

const notAPod: Readonly<Record<Direction, SideDecision>> = {
  ingress: { decision: 'allowed', because: { type: 'not-a-pod', direction: 'ingress' } },
  egress: { decision: 'allowed', because: { type: 'not-a-pod', direction: 'egress' } },
};
const itself: SideDecision = { decision: 'allowed', because: { type: 'itself' } };

/** A pod reaches itself also at its own address and over loopback, whatever the policies say. */
function isItself(pod: PodPeer, other: Peer): boolean {
  if (other.type === 'pod') return pod.namespace === other.namespace && pod.name === other.name;
  if (other.type !== 'address') return false;
  return pod.addresses.includes(other.address) || other.address.startsWith('127.') || other.address === '::1';
}

function isSameNode(pod: PodPeer, other: Peer): boolean {
  if (pod.nodeName === null) return false;
  if (other.type === 'node') return other.name === pod.nodeName;
  return other.type === 'pod' && other.hostNetwork && other.nodeName === pod.nodeName;
}

function blocksOf({ rules }: CompiledPolicy): Cidr[] {
  return [...(rules.ingress ?? []), ...(rules.egress ?? [])]
    .flatMap((rule) => rule.peers ?? [])
    .flatMap((peer) => (peer.type === 'block' ? [peer.block.cidr, ...peer.block.except] : []));
}

function demandsOfPolicy({ rules }: CompiledPolicy): string[] {
  return [...(rules.ingress ?? []), ...(rules.egress ?? [])].flatMap(demandsOfRule).filter((text) => text !== null);
}

function networksOf({ rules }: CompiledClusterPolicy): Cidr[] {
  return [...rules.ingress, ...rules.egress]
    .flatMap((rule) => rule.peers)
    .flatMap((peer) => (peer.type === 'networks' ? peer.blocks : []));
}

/** Whether a policy has a rule that can deny in that direction. */
function mayDeny({ rules }: CompiledClusterPolicy, direction: Direction): boolean {
  return rules[direction].some(
    ({ action, peers }) => action === 'deny' || (action === 'pass' && peers.some(({ type }) => type === 'unknown')),
  );
}

/**
 * The policies of a cluster as the APIs define them, over a fixed set: NetworkPolicy v1
 * (https://kubernetes.io/docs/concepts/services-networking/network-policies/) between the Admin and the Baseline tier of
 * the cluster-wide policies (https://network-policy-api.sigs.k8s.io). Where an API leaves the answer open, the decision
 * is `depends` and names what it depends on; it is `allowed` or `denied` only where that holds for every reading.
 */
export class PolicySet {
  /** Every block of addresses that a rule names or excepts. */
  readonly blocks: readonly Cidr[];
  readonly #byNamespace = new Map<string, Namespaced>();
  readonly #clusterWide: readonly CompiledClusterPolicy[];
  readonly #nodes: NodeIndex;
  readonly #rules: IsolationRules;
  readonly #ends: EndClasses;
  readonly #byClass: (Bearings | undefined)[] = [];
  readonly #shared = new Map<string, Bearing>();
  readonly #numbers = new Map<object, number>();

  /**
   * @param nodes what is known of the cluster's nodes
   * @throws WeirError ADDRESS_INVALID for a block of addresses that is no CIDR
   */
  constructor(policies: readonly Policy[], nodes: readonly Node[] = []) {
    const compiled = policies.filter((each): each is NetworkPolicy => !isClusterPolicy(each)).map(compilePolicy);
    compiled.sort((a, b) => compareText(a.ref.name, b.ref.name));
    for (const policy of compiled) {
      const { namespace } = policy.ref;
      const inNamespace = this.#byNamespace.get(namespace) ?? { policies: [], byLabel: new LabelIndex() };
      inNamespace.byLabel.add(policy.demanded, inNamespace.policies.length);
      inNamespace.policies.push(policy);
      this.#byNamespace.set(namespace, inNamespace);
    }
    this.#clusterWide = policies.filter(isClusterPolicy).map(compileClusterPolicy);
    for (const policy of [...compiled, ...this.#clusterWide]) this.#numbers.set(policy, this.#numbers.size);
    this.#nodes = new NodeIndex(nodes);
    this.blocks = [...compiled.flatMap(blocksOf), ...this.#clusterWide.flatMap(networksOf)];
    const blocks = new CidrIndex(this.blocks);
    const demands = new Demands(compiled.flatMap(demandsOfPolicy));
    this.#rules = new IsolationRules(demands);
    this.#ends = new EndClasses(blocks, this.#nodes, demands);
  }

  decide({ client, server, protocol, port }: Query): Answer {
    const [from, to] = [this.#ends.endOf(client), this.#ends.endOf(server)];
    const egress = this.#side('egress', from, to, protocol, port);
    const ingress = this.#side('ingress', to, from, protocol, port);
    return { decision: worse(egress.decision, ingress.decision), egress, ingress };
  }

  /** What the policies of one end say, whatever those of the other do. */
  side(direction: Direction, { client, server, protocol, port }: Query): SideDecision {
    const [from, to] = [this.#ends.endOf(client), this.#ends.endOf(server)];
    return direction === 'egress'
      ? this.#side(direction, from, to, protocol, port)
      : this.#side(direction, to, from, protocol, port);
  }

  /** A number that is equal for peers that these policies do not tell apart, whichever node they are on; from 0. */
  classOf(peer: Peer): number {
    return this.#ends.endOf(peer).class;
  }

  /** How the policies at one end stand to the far end; what is settled without them, where they have no say. */
  relation(direction: Direction, { client, server }: Pick<Query, 'client' | 'server'>): Relation | SideDecision {
    const [from, to] = [this.#ends.endOf(client), this.#ends.endOf(server)];
    const [self, other] = direction === 'egress' ? [from, to] : [to, from];
    if (self.peer.type !== 'pod') return this.#withoutPod(direction, self.peer);
    if (isItself(self.peer, other.peer)) return itself;
    return this.#bearings(self, self.peer)[direction].relation(other, isSameNode(self.peer, other.peer));
  }

  #side(direction: Direction, self: End, other: End, protocol: Protocol, port: number): SideDecision {
    if (self.peer.type !== 'pod') return this.#withoutPod(direction, self.peer);
    if (isItself(self.peer, other.peer)) return itself;
    const sameNode = isSameNode(self.peer, other.peer);
    return this.#bearings(self, self.peer)[direction].decide(other, sameNode, protocol, port);
  }

  #withoutPod(direction: Direction, peer: Exclude<Peer, PodPeer>): SideDecision {
    return peer.type === 'gone' ? this.#sideOfGone(direction, peer.namespace) : notAPod[direction];
  }

  #bearings(end: End, pod: PodPeer): Bearings {
    return (this.#byClass[end.class] ??= {
      ingress: this.#bearing('ingress', end, pod),
      egress: this.#bearing('egress', end, pod),
    });
  }

  /** The NetworkPolicies that isolate a pod in one direction, in the order of their names. */
  #isolating(direction: Direction, { labels }: End, pod: PodPeer): CompiledPolicy[] {
    const inNamespace = this.#byNamespace.get(pod.namespace);
    if (inNamespace === undefined) return [];
    const candidates = inNamespace.byLabel
      .candidates(labels)
      .map((index) => inNamespace.policies[index] as CompiledPolicy);
    return candidates.filter(({ rules, subject }) => rules[direction] !== null && subject(pod.labels));
  }

  #bearing(direction: Direction, end: End, pod: PodPeer): Bearing {
    const { addresses, portsText } = end;
    const isolating = this.#isolating(direction, end, pod);
    const clusterWide = this.#clusterWide.filter(({ rules, subject }) => rules[direction].length > 0 && subject(pod));
    const families = new Set(addresses.map(({ length }) => length));
    const numbers = [...isolating, ...clusterWide].map((policy) => this.#numbers.get(policy));
    const ports = direction === 'ingress' ? portsText : '';
    const key = JSON.stringify([
      direction,
      pod.hostNetwork,
      [4, 16].filter((length) => families.has(length)),
      ports,
      numbers,
    ]);
    let bearing = this.#shared.get(key);
    if (bearing === undefined) {
      const tier = (name: CompiledClusterPolicy['tier']) => tierOf(clusterWide.filter((each) => each.tier === name));
      const isolation = isolationBy(isolating, direction, this.#rules);
      const given = { direction, admin: tier('Admin'), isolation, baseline: tier('Baseline') };
      bearing = new Bearing({ ...given, selfOnHost: pod.hostNetwork, families, self: pod }, this.#nodes);
      this.#shared.set(key, bearing);
    }
    return bearing;
  }

  /** Any policy of its namespace or of the cluster may have selected it. */
  #sideOfGone(direction: Direction, namespace: string): SideDecision {
    const isolation = isolationBy(this.#byNamespace.get(namespace)?.policies ?? [], direction, this.#rules);
    const denying = this.#clusterWide.filter((policy) => mayDeny(policy, direction));
    const policies = [...denying.map(({ ref }) => ref), ...(isolation?.refs ?? [])];
    if (policies.length === 0) return notIsolated[direction];
    return { decision: 'depends', because: { type: 'open', direction, policies, assumption: 'workload-gone' } };
  }
}
