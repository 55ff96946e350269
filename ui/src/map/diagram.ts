import type { LinkState, MapLink, MapModel, MapNode } from './model.ts';

/** Texts of the cluster may hold anything: what cannot be seen is left out. */
function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '');
}

/** A name that both languages take, by the node's place. */
function namesOf(nodes: readonly MapNode[]): ReadonlyMap<string, string> {
  return new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
}

function isGood(state: LinkState): boolean {
  return state === 'forwarded' || state === 'allowed';
}

function labelOf({ label, state }: MapLink): string {
  return isGood(state) || label.includes(state) ? label : `${label} ${state}`;
}

function membersOf({ nodes, groups }: MapModel) {
  const grouped = groups.map(({ id, label }) => ({ label, members: nodes.filter(({ group }) => group === id) }));
  return { grouped, alone: nodes.filter(({ group, id }) => group === id) };
}

function quoted(text: string): string {
  return `"${printable(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** The map in Graphviz's language (https://graphviz.org/doc/info/lang.html), boxes as clusters. */
export function dotText(model: MapModel): string {
  const names = namesOf(model.nodes);
  const node = ({ id, label, type }: MapNode) =>
    `${names.get(id)} [label=${quoted(label)}, shape=${type === 'workload' || type === 'namespace' ? 'box' : 'ellipse'}];`;
  const { grouped, alone } = membersOf(model);
  const clusters = grouped.flatMap(({ label, members }, index) => [
    `  subgraph cluster_${index} {`,
    `    label=${quoted(label)};`,
    ...members.map((member) => `    ${node(member)}`),
    '  }',
  ]);
  const arrows = model.links.map((link) => {
    const style = isGood(link.state) ? 'color=black' : 'color=red, style=dashed';
    return `  ${names.get(link.source)} -> ${names.get(link.target)} [label=${quoted(labelOf(link))}, ${style}];`;
  });
  return [
    'digraph weir {',
    '  rankdir=LR;',
    ...clusters,
    ...alone.map((each) => `  ${node(each)}`),
    ...arrows,
    '}',
    '',
  ].join('\n');
}

/** Mermaid has no escape for quotes inside of quotes but HTML's. */
function mermaidQuoted(text: string): string {
  return `"${printable(text).replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')}"`;
}

/** The map in Mermaid's language (https://mermaid.js.org/syntax/flowchart.html), boxes as subgraphs. */
export function mermaidText(model: MapModel): string {
  const names = namesOf(model.nodes);
  const node = ({ id, label, type }: MapNode) => {
    const [open, close] = type === 'workload' || type === 'namespace' ? ['[', ']'] : ['([', '])'];
    return `${names.get(id)}${open}${mermaidQuoted(label)}${close}`;
  };
  const { grouped, alone } = membersOf(model);
  const boxes = grouped.flatMap(({ label, members }, index) => [
    `  subgraph g${index}[${mermaidQuoted(label)}]`,
    ...members.map((member) => `    ${node(member)}`),
    '  end',
  ]);
  const arrows = model.links.map((link) => {
    const arrow = isGood(link.state) ? '-->' : '-.->';
    return `  ${names.get(link.source)} ${arrow}|${mermaidQuoted(labelOf(link) || ' ')}| ${names.get(link.target)}`;
  });
  return ['flowchart LR', ...boxes, ...alone.map((each) => `  ${node(each)}`), ...arrows, ''].join('\n');
}
