import type { Edge } from '../../core/edge.ts';
import { entityKey, entityLabel } from '../../core/identity.ts';
import { decodeEdge } from '../../proto/convert-edge.ts';
import type { Connection } from '../../proto/services.ts';
import { deadline } from '../aggregator.ts';
import { coverageWarnings } from '../coverage.ts';
import { dotText, entitiesOf, mermaidDiagram } from '../diagram.ts';
import { rangeOf, type ScopeOptions, scopeOf } from '../question.ts';
import { type Cell, renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { guessNote, isGuess, portText } from '../port-text.ts';
import { printable, servicesText, serverText, verdictText } from '../text.ts';

export interface GraphOptions extends ScopeOptions {
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
  const asked = { cluster, scope: scopeOf(options), range: rangeOf(options, Date.now()) };
  const { edges: messages, coverage } = await connection.query.listEdges(asked, deadline());
  const edges = messages.map(decodeEdge);
  if (output === 'dot') terminal.print(dotText(edges));
  else if (output === 'mermaid') terminal.print(mermaidDiagram(edges));
  else if (!printData(terminal, output, { entities: entitiesOf(edges), edges })) {
    terminal.print(renderTable(['CLIENT', 'SERVER', 'PORT', 'SERVICE', 'VERDICT'], rows(terminal, edges)));
  }
  if (output !== 'json' && output !== 'yaml' && edges.some(isGuess)) terminal.remark(guessNote);
  for (const warning of coverageWarnings(coverage)) terminal.remark(`! ${warning}`);
}
