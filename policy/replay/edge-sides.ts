import type { EdgeId } from '../../core/edge.ts';
import type { Direction } from '../../core/flow.ts';
import { type Entity, workloadKey } from '../../core/identity.ts';
import type { Decision } from '../../core/verdict.ts';
import { EntityPeers } from '../evaluate/entity-peers.ts';
import { type PolicySet, worse } from '../evaluate/evaluate.ts';
import type { Peer } from '../evaluate/query.ts';
import { Relation } from '../evaluate/relation.ts';
import type { Roster } from '../evaluate/roster.ts';
import { sibling } from '../evaluate/sibling.ts';
import type { SideDecision } from '../evaluate/side.ts';

/** What the policies of both ends of an edge say. */
export type Sides = Readonly<Record<Direction, SideDecision>>;

/** The peers that may be behind an edge; neither list is empty. */
export interface EdgePeers {
  readonly clients: readonly Peer[];
  readonly servers: readonly Peer[];
}

/** Told of each relation that an edge was decided by. */
export type OnRelation<E extends EdgeId> = (relation: Relation, edge: E) => void;

/** Whether an edge lies within a workload that may have several pods. */
function isWithin(a: Entity, b: Entity): boolean {
  return a.type === 'workload' && b.type === 'workload' && a.kind !== 'Pod' && workloadKey(a) === workloadKey(b);
}

/** Denied if either side denies, else depends if either depends, else allowed. */
export function decisionOf({ egress, ingress }: Sides): Decision {
  return worse(egress.decision, ingress.decision);
}

/** Decides edges side by side: what one end's policies say does not hang on those of the other. */
export class EdgeSides<E extends EdgeId = EdgeId> {
  readonly #policies: PolicySet;
  readonly #peers: EntityPeers;
  readonly #onRelation: OnRelation<E> | null;
  readonly #siblings = new WeakMap<Peer, Peer>();

  constructor(roster: Roster, policies: PolicySet, onRelation: OnRelation<E> | null = null) {
    this.#policies = policies;
    this.#peers = new EntityPeers(roster, (pod) => policies.classOf(pod));
    this.#onRelation = onRelation;
  }

  /** One peer of each kind that the policies tell apart. */
  peersOf({ client, server }: EdgeId): EdgePeers {
    const perNode = this.#isOnHost(client) || this.#isOnHost(server);
    const servers = this.#peers.of(server, perNode);
    return {
      clients: this.#peers.of(client, perNode),
      servers: isWithin(client, server) ? servers.map((peer) => this.#sibling(peer)) : servers,
    };
  }

  /** The worst of each side over all pairs of pods that may be behind the edge; the first of equals. */
  decide(edge: E): Sides {
    const peers = this.peersOf(edge);
    return { egress: this.#worst('egress', edge, peers), ingress: this.#worst('ingress', edge, peers) };
  }

  side(direction: Direction, edge: E): SideDecision {
    return this.#worst(direction, edge, this.peersOf(edge));
  }

  #worst(direction: Direction, edge: E, { clients, servers }: EdgePeers): SideDecision {
    let worst: SideDecision | null = null;
    for (const client of clients) {
      for (const server of servers) {
        const side = this.#decide(direction, edge, client, server);
        if (worst === null || worse(worst.decision, side.decision) !== worst.decision) worst = side;
        if (worst.decision === 'denied' && this.#onRelation === null) return worst;
      }
    }
    return worst as SideDecision;
  }

  #decide(direction: Direction, edge: E, client: Peer, server: Peer): SideDecision {
    const { protocol, port } = edge;
    if (this.#onRelation === null) return this.#policies.side(direction, { client, server, protocol, port });
    const relation = this.#policies.relation(direction, { client, server });
    if (!(relation instanceof Relation)) return relation;
    this.#onRelation(relation, edge);
    return relation.decide(protocol, port);
  }

  #isOnHost(entity: Entity): boolean {
    return entity.type === 'node' || this.#peers.usesHostNetwork(entity);
  }

  /** The same object each time: what a peer means to the policies is worked out once for each. */
  #sibling(peer: Peer): Peer {
    let other = this.#siblings.get(peer);
    if (other === undefined) {
      other = sibling(peer);
      this.#siblings.set(peer, other);
    }
    return other;
  }
}
