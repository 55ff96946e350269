import { decodeEdge } from '../../proto/convert-edge.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { parseEnd, parsePort } from '../end.ts';
import { rangeOf, type ScopeOptions } from '../question.ts';
import { printData, type Terminal } from '../terminal.ts';
import { ageText, printable, verdictText } from '../text.ts';

export interface WhyOptions extends Omit<ScopeOptions, 'workload'> {
  readonly output: string;
}

function sideLines(direction: string, side: wire.DirectionReason | null): string[] {
  if (side === null) return [];
  const { rule, decision, because } = side;
  const lines =
    rule === null || rule.firstLine === 0 ? '' : ` (lines ${rule.firstLine} to ${rule.lastLine} of its YAML)`;
  return [`${direction}: ${decision}. ${because}${lines}`];
}

function observedLine(observed: wire.Edge | null, now: number): string {
  if (observed === null) return 'observed: nothing was seen of it in this time';
  const edge = decodeEdge(observed);
  return `observed: ${verdictText(edge)}, last ${ageText(edge.merged.lastSeenUnixMs, now)} ago`;
}

/** Tells why a communication is or is not allowed, beside what the network did with it. @returns 0 allowed, else 1 */
export async function showWhy(
  connection: Connection,
  terminal: Terminal,
  [client, server, port]: readonly [client: string, server: string, port: string],
  options: WhyOptions,
): Promise<number> {
  const now = Date.now();
  const { cluster, namespace } = options;
  const ends = { client: parseEnd(client, namespace), server: parseEnd(server, namespace) };
  const answer = await connection.policy.why(
    { cluster, ...ends, ...parsePort(port), range: rangeOf(options, now) },
    deadline(),
  );
  const status = answer.decision === 'allowed' ? 0 : 1;
  if (printData(terminal, options.output, answer)) return status;
  const edits = answer.edits.map((edit) => `to have it ${answer.editsLeadTo}: ${edit}`);
  const causes = answer.disagrees
    ? [`! the network did otherwise: ${answer.disagreement || 'nothing known tells why'}`]
    : [];
  const lines = [
    `computed: ${answer.decision}`,
    ...sideLines('egress', answer.egress),
    ...sideLines('ingress', answer.ingress),
    observedLine(answer.observed, now),
    ...causes,
    ...edits,
  ];
  terminal.print(`${lines.map(printable).join('\n')}\n`);
  return status;
}
