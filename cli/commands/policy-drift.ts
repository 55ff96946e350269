import { WeirError } from '../../core/errors.ts';
import { parseDuration } from '../../core/time.ts';
import { decodeEdge } from '../../proto/convert-edge.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { coverageWarnings } from '../coverage.ts';
import { rangeOf, type ScopeOptions } from '../question.ts';
import { renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { ageText, edgeText, plural, printable, verdictText } from '../text.ts';

export interface DriftOptions extends Pick<ScopeOptions, 'cluster' | 'since'> {
  readonly unusedAfter: string;
  readonly output: string;
}

function rows(what: string, edges: readonly wire.Edge[], now: number): string[][] {
  return edges
    .map(decodeEdge)
    .map((edge) => [what, edgeText(edge), verdictText(edge), ageText(edge.merged.lastSeenUnixMs, now)]);
}

/** Shows what has changed since a baseline. @returns the exit status: 0, or 1 when traffic appeared or is judged otherwise */
export async function showDrift(
  connection: Connection,
  terminal: Terminal,
  baseline: string,
  options: DriftOptions,
): Promise<number> {
  const now = Date.now();
  const unusedAfterMs = parseDuration(options.unusedAfter);
  if (unusedAfterMs === null) {
    throw new WeirError('USAGE', `--unused-after ${options.unusedAfter}: give a length of time such as 30d`);
  }
  const range = rangeOf(options, now);
  const answer = await connection.policy.getDrift(
    { cluster: options.cluster, baseline, range, unusedAfterMs },
    deadline(),
  );
  const { appeared, disappeared, changed, unusedRules, unusedUnknown, coverage } = answer;
  const status = appeared.length + changed.length > 0 ? 1 : 0;
  const lists = { new: appeared, changed, gone: disappeared };
  const lines = Object.entries(lists).flatMap(([drift, edges]) => edges.map((edge) => ({ drift, edge })));
  if (printData(terminal, options.output, answer, lines)) return status;
  const all = [...rows('new', appeared, now), ...rows('changed', changed, now), ...rows('gone', disappeared, now)];
  terminal.print(renderTable(['DRIFT', 'FLOW', 'VERDICT', 'LAST SEEN'], all));
  const counts = `${appeared.length} new, ${changed.length} judged otherwise, ${disappeared.length} not seen again`;
  terminal.remark(`since ${baseline} was accepted: ${counts}`);
  for (const { namespace, name, direction, index, summary, lastUsedUnixMs } of unusedRules) {
    const last = lastUsedUnixMs === 0 ? 'never used' : `last used ${ageText(lastUsedUnixMs, now)} ago`;
    terminal.remark(printable(`unused: ${namespace}/${name} ${direction}[${index}], ${last}: ${summary}`));
  }
  if (unusedUnknown === '') terminal.remark(`${plural(unusedRules.length, 'rule')} unused for ${options.unusedAfter}`);
  else terminal.remark(`! which rules are unused is not known: ${printable(unusedUnknown)}`);
  for (const warning of coverageWarnings(coverage)) terminal.remark(`! ${warning}`);
  return status;
}
