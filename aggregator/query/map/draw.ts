import type { Edge } from '../../../core/edge.ts';
import type { Entity } from '../../../core/identity.ts';
import { compareText } from '../../../core/order.ts';
import type * as wire from '../../../proto/wire.ts';
import type { ClusterState } from '../cluster-state.ts';
import { Link } from './links.ts';
import { MapNode } from './nodes.ts';
import { namespacePlace, type Place, type Placement } from './placement.ts';

export interface Drawing {
  readonly edges: readonly Edge[];
  /** What is shown although it may have no edges. */
  readonly silent: { readonly entities: readonly Entity[]; readonly namespaces: readonly string[] };
  readonly placement: Placement;
  readonly maxNodes: number;
}

/** The map of a graph: its nodes and what links them. @returns also whether nodes had to be left out */
export function draw({ edges, silent, placement, maxNodes }: Drawing, state: ClusterState) {
  const nodes = new Map<string, MapNode>();
  const links = new Map<string, Link>();
  const nodeOf = (place: Place): MapNode => {
    const node = nodes.get(place.id) ?? new MapNode(place);
    nodes.set(place.id, node);
    return node;
  };
  for (const edge of edges) {
    const [client, server] = [nodeOf(placement.of(edge.client)), nodeOf(placement.of(edge.server))];
    client.addMember(edge.client);
    server.addMember(edge.server);
    server.addIngress(edge);
    const [source, target] = [client.place.id, server.place.id];
    if (source !== target) {
      client.neighbours.add(target);
      server.neighbours.add(source);
    }
    const key = `${source} ${target}`;
    const link = links.get(key) ?? new Link(source, target);
    links.set(key, link);
    link.add(edge);
  }
  for (const entity of silent.entities) nodeOf(placement.of(entity));
  for (const namespace of silent.namespaces) nodeOf(namespacePlace(namespace));
  const shown = mostLinked([...nodes.values()], maxNodes);
  const ids = new Set(shown.map(({ place }) => place.id));
  const between = [...links.values()].filter(({ source, target }) => ids.has(source) && ids.has(target));
  return {
    nodes: shown.map((node) => node.encode(state, shown.length)).sort((a, b) => compareText(a.id, b.id)),
    links: between.map((link) => link.encode()).sort(byEnds),
    isCut: shown.length < nodes.size,
  };
}

function byEnds(a: wire.GraphLink, b: wire.GraphLink): number {
  return compareText(a.source, b.source) || compareText(a.target, b.target);
}

/** All nodes where there is room; else those that are linked with the most others. */
function mostLinked(nodes: readonly MapNode[], maxNodes: number): readonly MapNode[] {
  if (nodes.length <= maxNodes) return nodes;
  const ordered = nodes.toSorted(
    (a, b) => b.neighbours.size - a.neighbours.size || compareText(a.place.id, b.place.id),
  );
  return ordered.slice(0, maxNodes);
}
