import { errorTable } from '../../core/errors.ts';
import { decodeEdge } from '../../proto/convert-edge.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { checkOffline } from '../check-offline.ts';
import { placesIn } from '../check-places.ts';
import { coverageLines } from '../coverage.ts';
import { junitXml } from '../junit.ts';
import { readManifests } from '../manifest-files.ts';
import type { OfflineSources } from '../offline.ts';
import { rangeOf, type ScopeOptions, scopeOf } from '../question.ts';
import { sarifLog } from '../sarif.ts';
import { type Cell, renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { edgeText, plural, printable } from '../text.ts';
import { spanText } from '../span-text.ts';

export interface CheckOptions extends ScopeOptions, Partial<OfflineSources> {
  readonly candidatesOnly: boolean;
  readonly requireComplete: boolean;
  readonly output: string;
}

/** Something that worked would stop working. */
const wouldDenyStatus = 1;
/** Nothing would be denied of what was seen, and what was seen is not known to be all. */
const incompleteStatus = 3;
/** How many of the widest spans a person is shown. */
const maxShownSpans = 5;

function findingRow(terminal: Terminal, { edge, decision, direction, because }: wire.ReplayFinding): Cell[] {
  const { colors } = terminal;
  const paint = decision === 'denied' ? colors.red : decision === 'depends' ? colors.yellow : colors.green;
  const flow = edge === null ? '' : edgeText(decodeEdge(edge));
  // Allowed edges are findings only where they were dropped before.
  const text = decision === 'allowed' ? 'newly allowed' : decision;
  return [{ styled: paint(printable(text)) }, direction, flow, because];
}

function overPermissionLines(found: wire.OverPermission | null): string[] {
  if (found === null) return [];
  const { allowed, seen, allowedPairs, seenPairs, widest } = found;
  const counts = `${allowed} ports between ${plural(allowedPairs, 'pair')} of workloads are open, ${seen} between ${seenPairs} have traffic`;
  const spans = widest.slice(0, maxShownSpans).map((span) => `  open without traffic: ${spanText(span)}`);
  return [counts, ...spans];
}

function show(terminal: Terminal, { replay, coverage, completeness }: wire.CheckResponse): void {
  if (replay === null) return;
  const { flows, allowed, denied, depends, newlyAllowed, stillDenied, findings, unusedRules, overPermission } = replay;
  const rows = findings.map((finding) => findingRow(terminal, finding));
  terminal.print(renderTable(['DECISION', 'DIRECTION', 'FLOW', 'BECAUSE'], rows));
  const counts = [
    `${allowed} allowed`,
    `${denied} would be denied`,
    `${depends} depend on what Kubernetes leaves open`,
    `${newlyAllowed} newly allowed`,
    `${stillDenied} denied as before`,
  ];
  const unused = unusedRules.map(({ namespace, name, direction, index, summary, firstLine }) => {
    const where = firstLine === 0 ? '' : ` (line ${firstLine})`;
    return `nothing needs ${namespace}/${name} ${direction}[${index}]${where}: ${summary}`;
  });
  const missing = (completeness?.reasons ?? []).map((reason) => `! not complete: ${reason}`);
  const seen = coverage === null ? [] : coverageLines(coverage);
  const remarks = [
    `replayed ${plural(flows, 'flow')}: ${counts.join(', ')}`,
    ...unused,
    ...overPermissionLines(overPermission),
    ...seen,
  ];
  for (const line of [...remarks, ...missing]) terminal.remark(printable(line));
}

function print(
  terminal: Terminal,
  output: string,
  answer: wire.CheckResponse,
  manifests: readonly wire.Manifest[],
): void {
  if (output === 'junit') terminal.data(junitXml(answer));
  else if (output === 'sarif') terminal.json(sarifLog(answer, placesIn(manifests)));
  else if (!printData(terminal, output, answer)) show(terminal, answer);
}

/**
 * Replays everything that was recorded against the policies in the files, together with those that are applied.
 * @param from an aggregator, or files in its place
 * @returns the exit status: 0; 1 when something that was forwarded would be denied; 2 when a file could not be read in
 *   part, which is left out; 3 when completeness is required and what was seen is not complete
 */
export async function checkPolicies(
  from: Connection | OfflineSources,
  terminal: Terminal,
  paths: readonly string[],
  options: CheckOptions,
): Promise<number> {
  const { cluster, candidatesOnly, output } = options;
  const manifests = await readManifests(paths);
  const scope = scopeOf(options);
  const range = rangeOf(options, Date.now());
  const answer =
    'flows' in from
      ? await checkOffline({ ...from, candidates: manifests, candidatesOnly, scope })
      : await from.policy.check({ cluster, scope, range, manifests, candidatesOnly }, deadline());
  print(terminal, output, answer, manifests);
  for (const { source, line, object, message } of answer.problems) {
    terminal.remark(printable(`${source}:${line}: ${object}: ${message}`));
  }
  if (answer.problems.length > 0) {
    terminal.remark('what could not be read is left out of the result above');
    return errorTable.MANIFEST_INVALID.exit;
  }
  if ((answer.replay?.denied ?? 0) > 0) return wouldDenyStatus;
  return options.requireComplete && answer.completeness?.complete !== true ? incompleteStatus : 0;
}
