import type { Edge } from '../../core/edge.ts';
import { entityKey, entityLabel } from '../../core/identity.ts';
import type { Connection } from '../../proto/services.ts';
import { coverageWarnings } from '../coverage.ts';
import { allEdges } from '../edge-pages.ts';
import { readFilter } from '../filter.ts';
import { dotText, entitiesOf, mermaidDiagram } from '../diagram.ts';
import { rangeOf, type ScopeOptions, scopeOf } from '../question.ts';
import { type Cell, renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { guessNote, isGuess, portText } from '../port-text.ts';
import { printable, servicesText, serverText, verdictText } from '../text.ts';

export interface GraphOptions extends ScopeOptions {
  readonly filter?: string;
  readonly output: string;
}

/** One row an edge; the client is named once. */
function rows(terminal: Terminal, edges: readonly Edge[]): Cell[][] {
  let before = '';
  return edges.map((edge) => {
    const { client, verdict } = edge;
    const name = entityKey(client) === before ? '' : entityLabel(client);
    before = entityKey(client);
    const verdictCell = terminal.verdict(verdict, printable(verdictText(edge)));
    return [name, serverText(edge), portText(edge), servicesText(edge), verdictCell];
  });
}

/** The workload graph as a table, as data, or as a diagram for Graphviz or Mermaid. */
export async function graph(connection: Connection, terminal: Terminal, options: GraphOptions): Promise<void> {
  const { cluster, output } = options;
  const filter = readFilter(terminal, [options.filter ?? '']);
  const asked = { cluster, scope: scopeOf(options), range: rangeOf(options, Date.now()), filter };
  const { edges, coverage } = await allEdges(connection, { ...asked, order: 'EDGE_ORDER_UNSPECIFIED' });
  if (output === 'dot') terminal.print(dotText(edges));
  else if (output === 'mermaid') terminal.print(mermaidDiagram(edges));
  else if (!printData(terminal, output, { entities: entitiesOf(edges), edges })) {
    terminal.print(renderTable(['CLIENT', 'SERVER', 'PORT', 'SERVICE', 'VERDICT'], rows(terminal, edges)));
  }
  if (output !== 'json' && output !== 'yaml' && edges.some(isGuess)) terminal.remark(guessNote);
  for (const warning of coverageWarnings(coverage)) terminal.remark(`! ${warning}`);
}
