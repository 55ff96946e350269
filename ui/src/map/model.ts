import type { GetGraphResponse, GraphLink, GraphNode, LinkPort } from '../../../proto/wire.ts';
import { portText, type VerdictName, verdictName } from '../api/entity.ts';

/** What a line on the map says: what was observed, or what a candidate policy would do. */
export type LinkState = VerdictName | 'allowed' | 'would-be-denied';

export interface MapNode {
  readonly id: string;
  readonly type: string;
  readonly label: string;
  /** In a few words under the label. */
  readonly caption: string;
  /** Id of the box that it is drawn in; its own id where it stands alone. */
  readonly group: string;
  readonly namespace: string;
  /** Has links with so many that lines to it would hide the rest: its neighbours have a badge in their place. */
  readonly hub: boolean;
  /** Was not seen to talk. */
  readonly silent: boolean;
  /** Labels of the hubs that it talks to, or that talk to it. */
  readonly badges: readonly Badge[];
  readonly source: GraphNode;
}

export interface Badge {
  readonly hub: string;
  readonly label: string;
  /** Whether the hub is the server. */
  readonly outgoing: boolean;
  readonly state: LinkState;
}

export interface MapLink {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly state: LinkState;
  /** Ports, as many as fit. */
  readonly label: string;
  readonly edges: number;
  readonly link: GraphLink;
}

export interface MapGroup {
  readonly id: string;
  readonly label: string;
}

export interface MapModel {
  readonly nodes: readonly MapNode[];
  readonly links: readonly MapLink[];
  readonly groups: readonly MapGroup[];
}

/** Lines to fewer nodes than that hide nothing, whatever share of a small map they are. */
const leastHubDegree = 8;

/** Ids of links (`source>target`) of which the candidate policy denies something, and of those that it judged. */
export interface CandidateLinks {
  readonly denied: ReadonlySet<string>;
  readonly judged: (link: GraphLink) => boolean;
}

export function linkId({ source, target }: Pick<GraphLink, 'source' | 'target'>): string {
  return `${source}>${target}`;
}

const groupLabels: Readonly<Record<string, string>> = {
  external: 'Outside the cluster',
  unresolved: 'Unresolved addresses',
  node: 'Nodes',
};

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function captionOf(node: GraphNode): string {
  switch (node.type) {
    case 'namespace':
      return `${plural(node.workloads, 'workload')}, ${plural(node.pods, 'pod')}`;
    case 'workload':
      return `${node.workload?.kind ?? 'Workload'}, ${plural(node.pods, 'pod')}`;
    case 'service':
      return 'Service';
    case 'node':
      return 'Node';
    default:
      return node.addresses > 1 ? plural(node.addresses, 'address', 'addresses') : 'Address';
  }
}

function groupOf(node: GraphNode): string {
  if (node.type in groupLabels) return `group:${node.type}`;
  return node.type === 'namespace' || node.namespace === '' ? node.id : `group:namespace:${node.namespace}`;
}

function groupLabel(id: string): string {
  const name = id.slice('group:'.length);
  return groupLabels[name] ?? name.slice('namespace:'.length);
}

/** The worst of what a link stands for. */
function observedState({ dropped, refused, unanswered }: GraphLink): VerdictName {
  if (dropped > 0) return 'dropped';
  if (refused > 0) return 'refused';
  return unanswered > 0 ? 'unanswered' : 'forwarded';
}

const shownPorts = 3;

function portsText(ports: readonly LinkPort[]): string {
  const texts = ports.slice(0, shownPorts).map(({ protocol, port, verdict }) => {
    const name = verdictName(verdict);
    return portText(protocol, port) + (name === 'forwarded' || name === 'unknown' ? '' : ` ${name}`);
  });
  return texts.join(', ') + (ports.length > shownPorts ? ` +${ports.length - shownPorts}` : '');
}

/**
 * What the map draws of a graph.
 * @param focused id of the node that it is around, whose lines are never left out; empty for none
 */
export function mapModel(
  graph: Pick<GetGraphResponse, 'nodes' | 'links'>,
  candidate: CandidateLinks | null,
  focused: string,
): MapModel {
  const all = graph.nodes.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const isHub = ({ id, hub, degree }: GraphNode) => hub && degree >= leastHubDegree && id !== focused;
  const byId = new Map(all.map((node) => [node.id, node]));
  const stateOf = (link: GraphLink): LinkState => {
    if (candidate === null || !candidate.judged(link)) return observedState(link);
    return candidate.denied.has(linkId(link)) ? 'would-be-denied' : 'allowed';
  };
  const badges = new Map<string, Badge[]>();
  const links: MapLink[] = [];
  for (const link of graph.links) {
    const [source, target] = [byId.get(link.source), byId.get(link.target)];
    if (source === undefined || target === undefined) continue;
    const state = stateOf(link);
    if (isHub(source) !== isHub(target)) {
      const [hub, other] = isHub(source) ? [source, target] : [target, source];
      const badge = { hub: hub.id, label: hub.label, outgoing: hub === target, state };
      badges.set(other.id, [...(badges.get(other.id) ?? []), badge]);
    }
    links.push({
      id: linkId(link),
      source: link.source,
      target: link.target,
      state,
      label: portsText(link.ports),
      edges: link.edges,
      link,
    });
  }
  const nodes = all.map(
    (node): MapNode => ({
      id: node.id,
      type: node.type,
      label: node.label,
      caption: captionOf(node),
      group: groupOf(node),
      namespace: node.namespace,
      hub: isHub(node),
      silent: node.degree === 0,
      badges: badges.get(node.id) ?? [],
      source: node,
    }),
  );
  const groups = [...new Set(nodes.map(({ group }) => group))].filter((id) => id.startsWith('group:'));
  return { nodes, links, groups: groups.map((id) => ({ id, label: groupLabel(id) })) };
}

/** The links that are drawn: those with a hub only while the hub, or what it talks to, is selected. */
export function drawnLinks({ nodes, links }: MapModel, selected: string): readonly MapLink[] {
  const hubs = new Set(nodes.filter(({ hub }) => hub).map(({ id }) => id));
  return links.filter(
    ({ id, source, target }) =>
      !(hubs.has(source) || hubs.has(target)) || ([id, source, target].includes(selected) && selected !== ''),
  );
}
