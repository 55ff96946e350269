import { errorTable } from '../../core/errors.ts';
import { decodeEdge } from '../../proto/convert-edge.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { coverageLines } from '../coverage.ts';
import { readManifests } from '../manifest-files.ts';
import { rangeOf, type ScopeOptions, scopeOf } from '../question.ts';
import { type Cell, renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { edgeText, plural, printable } from '../text.ts';

export interface CheckOptions extends ScopeOptions {
  readonly candidatesOnly: boolean;
  readonly output: string;
}

/** Something that worked would stop working. */
const wouldDenyStatus = 1;

function findingRow(terminal: Terminal, { edge, decision, direction, because }: wire.ReplayFinding): Cell[] {
  const { colors } = terminal;
  const paint = decision === 'denied' ? colors.red : decision === 'depends' ? colors.yellow : colors.green;
  const flow = edge === null ? '' : edgeText(decodeEdge(edge));
  // Allowed edges are findings only where they were dropped before.
  const text = decision === 'allowed' ? 'newly allowed' : decision;
  return [{ styled: paint(printable(text)) }, direction, flow, because];
}

function show(terminal: Terminal, { replay, coverage }: wire.CheckResponse): void {
  if (replay === null) return;
  const { flows, allowed, denied, depends, newlyAllowed, stillDenied, findings } = replay;
  const rows = findings.map((finding) => findingRow(terminal, finding));
  terminal.print(renderTable(['DECISION', 'DIRECTION', 'FLOW', 'BECAUSE'], rows));
  const counts = [
    `${allowed} allowed`,
    `${denied} would be denied`,
    `${depends} depend on what Kubernetes leaves open`,
    `${newlyAllowed} newly allowed`,
    `${stillDenied} denied as before`,
  ];
  terminal.remark(`replayed ${plural(flows, 'flow')}: ${counts.join(', ')}`);
  for (const line of coverageLines(coverage)) terminal.remark(line);
}

/**
 * Replays everything that was recorded against the policies in the files, together with those that are applied.
 * @returns the exit status: 0, 1 when something that was forwarded would be denied, 2 when a file could not be read
 */
export async function checkPolicies(
  connection: Connection,
  terminal: Terminal,
  paths: readonly string[],
  options: CheckOptions,
): Promise<number> {
  const { cluster, candidatesOnly, output } = options;
  const manifests = await readManifests(paths);
  const range = rangeOf(options, Date.now());
  const asked = { cluster, scope: scopeOf(options), range, manifests, candidatesOnly };
  const answer = await connection.policy.check(asked, deadline());
  // A result that rests on a part of what was given would be taken for the whole.
  if (!printData(terminal, output, answer) && answer.problems.length === 0) show(terminal, answer);
  for (const { source, line, object, message } of answer.problems) {
    terminal.remark(printable(`${source}:${line}: ${object}: ${message}`));
  }
  if (answer.problems.length > 0) return errorTable.MANIFEST_INVALID.exit;
  return (answer.replay?.denied ?? 0) > 0 ? wouldDenyStatus : 0;
}
