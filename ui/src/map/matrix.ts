import type { LinkState, MapLink, MapModel, MapNode } from './model.ts';

export interface MatrixCell {
  readonly row: number;
  readonly column: number;
  readonly link: MapLink;
  readonly state: LinkState;
}

/** Who talks to whom, clients down and servers across; those without a link in that role are left out. */
export interface Matrix {
  readonly rows: readonly MapNode[];
  readonly columns: readonly MapNode[];
  readonly cells: readonly MatrixCell[];
}

function byPlace(a: MapNode, b: MapNode): number {
  if (a.group !== b.group) return a.group < b.group ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

export function matrixOf({ nodes, links }: MapModel): Matrix {
  const sorted = nodes.toSorted(byPlace);
  const [clients, servers] = [new Set(links.map(({ source }) => source)), new Set(links.map(({ target }) => target))];
  const rows = sorted.filter(({ id }) => clients.has(id));
  const columns = sorted.filter(({ id }) => servers.has(id));
  const rowOf = new Map(rows.map(({ id }, index) => [id, index]));
  const columnOf = new Map(columns.map(({ id }, index) => [id, index]));
  const cells = links.flatMap((link) => {
    const [row, column] = [rowOf.get(link.source), columnOf.get(link.target)];
    return row === undefined || column === undefined ? [] : [{ row, column, link, state: link.state }];
  });
  return { rows, columns, cells: cells.toSorted((a, b) => a.row - b.row || a.column - b.column) };
}

/** Above so many nodes or links lines only hide each other. */
export const mapBudget = { nodes: 200, links: 600 } as const;

/** Why the matrix is shown in place of the map; null when the map can show it. */
export function tooDense({ nodes, links }: MapModel): string | null {
  const { nodes: mostNodes, links: mostLinks } = mapBudget;
  if (nodes.length > mostNodes) return `${nodes.length} nodes; a map is legible up to ${mostNodes}`;
  return links.length > mostLinks ? `${links.length} links; a map is legible up to ${mostLinks}` : null;
}
