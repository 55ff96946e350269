import type { Cidr } from '../../core/address.ts';
import { type Entity, entityLabel } from '../../core/identity.ts';
import type { Decision } from '../../core/verdict.ts';
import { addressEnds } from '../evaluate/address-ends.ts';
import { Relation } from '../evaluate/relation.ts';
import {
  both,
  combine,
  type Connections,
  isEmpty,
  lowestPort,
  type PortProtocol,
  rangesWhere,
  without,
} from '../evaluate/connections.ts';
import { EntityPeers } from '../evaluate/entity-peers.ts';
import type { PolicySet } from '../evaluate/evaluate.ts';
import type { Peer } from '../evaluate/query.ts';
import type { Roster } from '../evaluate/roster.ts';
import { sibling } from '../evaluate/sibling.ts';
import type { SideDecision } from '../evaluate/side.ts';

/** What may open connections, or be reached. */
export interface ReachEnd {
  /** `shop/deployment/cart`, or a block of addresses. */
  readonly name: string;
  /** Null for a block of addresses. */
  readonly entity: Extract<Entity, { readonly type: 'workload' }> | null;
  readonly peers: readonly Peer[];
  /** Other pods of the same workload; empty where it is a pod by itself. */
  readonly siblings: readonly Peer[];
}

/** What one end may open to another. */
export interface Reach {
  readonly allowed: Connections;
  /** What depends on what the API leaves open or the snapshot does not tell. */
  readonly depends: Connections;
}

export interface ReachRow extends Reach {
  readonly from: string;
  readonly to: string;
}

/** A pair of ends between which something is open or depends. */
export interface ReachPair {
  readonly from: ReachEnd;
  readonly to: ReachEnd;
  readonly reach: Reach;
}

type Side = Relation | SideDecision;

/** Every end of a cluster: its workloads by namespace, kind and name, then the addresses outside. */
export function reachEnds(roster: Roster, policies: PolicySet, blocks: readonly Cidr[]): ReachEnd[] {
  const entities = new EntityPeers(roster, (pod) => policies.classOf(pod));
  const workloads = roster.workloads.filter(({ pods, hasTemplate }) => pods.length > 0 || hasTemplate);
  const ends = workloads.map(({ ref }): ReachEnd => {
    const entity = { type: 'workload', ...ref } as const;
    const peers = entities.of(entity, entities.usesHostNetwork(entity));
    const siblings = ref.kind === 'Pod' ? [] : peers.map(sibling);
    return { name: entityLabel(entity), entity, peers, siblings };
  });
  const outside = addressEnds(blocks).map(({ block, address }): ReachEnd => {
    return { name: block, entity: null, peers: [{ type: 'address', address }], siblings: [] };
  });
  return [...ends, ...outside];
}

/** What one side lets through, whatever the other says. */
function reachOf(side: Side): Reach {
  const starts =
    side instanceof Relation ? [...new Set([lowestPort, ...side.portStarts()])].sort((a, b) => a - b) : [lowestPort];
  const decide = (protocol: PortProtocol, port: number) =>
    side instanceof Relation ? side.decide(protocol, port).decision : side.decision;
  const where = (wanted: Decision): Connections => {
    const ranges = (protocol: PortProtocol) => rangesWhere(starts, (port) => decide(protocol, port) === wanted);
    return { TCP: ranges('TCP'), UDP: ranges('UDP'), SCTP: ranges('SCTP') };
  };
  return { allowed: where('allowed'), depends: where('depends') };
}

function either(a: Connections, b: Connections): Connections {
  return combine(a, b, (inA, inB) => inA || inB);
}

/** What is allowed on both, and what no one of them denies. */
function worst(a: Reach, b: Reach): Reach {
  const allowed = both(a.allowed, b.allowed);
  const open = both(either(a.allowed, a.depends), either(b.allowed, b.depends));
  return { allowed, depends: without(open, allowed) };
}

/** Tells what ends may open to each other; what sides come to is worked out once for all that are equal. */
export class Reachability {
  readonly #policies: PolicySet;
  readonly #sides = new WeakMap<Side, Reach>();
  /** One object for all that is equal. */
  readonly #distinct = new Map<string, Reach>();
  readonly #together = new Map<Reach, Map<Reach, Reach>>();

  constructor(policies: PolicySet) {
    this.#policies = policies;
  }

  /** The worst over all pods of both ends; null for a pod and itself, and between addresses. */
  between(from: ReachEnd, to: ReachEnd): Reach | null {
    if (from.entity === null && to.entity === null) return null;
    const servers = from === to ? to.siblings : to.peers;
    let all: Reach | null = null;
    for (const client of from.peers) {
      for (const server of servers) {
        const reach = this.#between(client, server);
        all = all === null ? reach : worst(all, reach);
      }
    }
    return all;
  }

  /** Every pair of ends between which anything is open or depends, in the order of the ends. */
  *pairs(
    ends: readonly ReachEnd[],
    wanted: (from: ReachEnd, to: ReachEnd) => boolean = () => true,
  ): Generator<ReachPair> {
    for (const from of ends) {
      for (const to of ends) {
        if (!wanted(from, to)) continue;
        const reach = this.between(from, to);
        if (reach === null || (isEmpty(reach.allowed) && isEmpty(reach.depends))) continue;
        yield { from, to, reach };
      }
    }
  }

  /** As `pairs`, with the names of the ends only. */
  *rows(ends: readonly ReachEnd[]): Generator<ReachRow> {
    for (const { from, to, reach } of this.pairs(ends)) yield { from: from.name, to: to.name, ...reach };
  }

  #between(client: Peer, server: Peer): Reach {
    const ends = { client, server };
    const egress = this.#side(this.#policies.relation('egress', ends));
    const ingress = this.#side(this.#policies.relation('ingress', ends));
    let withEgress = this.#together.get(egress);
    if (withEgress === undefined) {
      withEgress = new Map();
      this.#together.set(egress, withEgress);
    }
    let reach = withEgress.get(ingress);
    if (reach === undefined) {
      reach = worst(egress, ingress);
      withEgress.set(ingress, reach);
    }
    return reach;
  }

  #side(side: Side): Reach {
    let reach = this.#sides.get(side);
    if (reach === undefined) {
      const made = reachOf(side);
      const text = JSON.stringify(made);
      reach = this.#distinct.get(text) ?? made;
      this.#distinct.set(text, reach);
      this.#sides.set(side, reach);
    }
    return reach;
  }
}
