import { type Edge, mergeNames } from '../core/edge.ts';
import { type Entity, entityKey } from '../core/identity.ts';
import { portText } from './port-text.ts';
import { endText, printable, verdictText } from './text.ts';

/** All ends of the edges, once each, in the order of their keys. */
export function entitiesOf(edges: readonly Edge[]): Entity[] {
  const byKey = new Map<string, Entity>();
  for (const { client, server } of edges) for (const end of [client, server]) byKey.set(entityKey(end), end);
  return [...byKey.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entity]) => entity);
}

/** A name that both languages take, by the entity's place in the list. */
function namesOf(edges: readonly Edge[]): ReadonlyMap<string, string> {
  return new Map(entitiesOf(edges).map((entity, index) => [entityKey(entity), `n${index}`]));
}

/** What each entity is called: with every name by which a pod asked for it. */
function labelsOf(edges: readonly Edge[]): (entity: Entity) => string {
  const names = new Map<string, readonly string[]>();
  for (const { server, merged } of edges) {
    const key = entityKey(server);
    names.set(key, mergeNames(names.get(key) ?? [], merged.serverNames));
  }
  return (entity) => endText(entity, names.get(entityKey(entity)) ?? []);
}

/** Text as a string of Graphviz's language. */
export function quoted(text: string): string {
  return `"${printable(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function labelOf(edge: Edge): string {
  return edge.verdict === 'forwarded' ? portText(edge) : `${portText(edge)} ${verdictText(edge)}`;
}

/** The graph in Graphviz's language (https://graphviz.org/doc/info/lang.html). */
export function dotText(edges: readonly Edge[]): string {
  const names = namesOf(edges);
  const label = labelsOf(edges);
  const nodes = entitiesOf(edges).map((entity) => {
    const shape = entity.type === 'workload' ? 'box' : 'ellipse';
    return `  ${names.get(entityKey(entity))} [label=${quoted(label(entity))}, shape=${shape}];`;
  });
  const arrows = edges.map((edge) => {
    const colour = edge.verdict === 'forwarded' ? 'black' : 'red';
    const ends = `${names.get(entityKey(edge.client))} -> ${names.get(entityKey(edge.server))}`;
    return `  ${ends} [label=${quoted(labelOf(edge))}, color=${colour}];`;
  });
  return ['digraph weir {', '  rankdir=LR;', ...nodes, ...arrows, '}', ''].join('\n');
}

/** Mermaid has no escape for quotes inside of quotes but HTML's. */
function mermaidText(text: string): string {
  return `"${printable(text).replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')}"`;
}

/** The graph in Mermaid's language (https://mermaid.js.org/syntax/flowchart.html). */
export function mermaidDiagram(edges: readonly Edge[]): string {
  const names = namesOf(edges);
  const label = labelsOf(edges);
  const nodes = entitiesOf(edges).map((entity) => {
    const [open, close] = entity.type === 'workload' ? ['[', ']'] : ['([', '])'];
    return `  ${names.get(entityKey(entity))}${open}${mermaidText(label(entity))}${close}`;
  });
  const arrows = edges.map((edge) => {
    const arrow = edge.verdict === 'forwarded' ? '-->' : '-.->';
    const [from, to] = [names.get(entityKey(edge.client)), names.get(entityKey(edge.server))];
    return `  ${from} ${arrow}|${mermaidText(labelOf(edge))}| ${to}`;
  });
  return ['flowchart LR', ...nodes, ...arrows, ''].join('\n');
}
