import { errorTable } from '../../core/errors.ts';
import { textDiff } from '../../policy/print/text-diff.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { readManifests } from '../manifest-files.ts';
import { readManifestSet, remarkProblems } from '../manifest-set.ts';
import { type ScopeOptions, scopeOf } from '../question.ts';
import { endLabel, portsText } from '../span-text.ts';
import { type Cell, renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { plural, printable } from '../text.ts';

export interface LiveDiffOptions extends ScopeOptions {
  readonly manifests: readonly string[];
  /** Compare with the manifests alone, not with what is applied besides. */
  readonly only: boolean;
  readonly output: string;
}

function row({ colors }: Terminal, { span, before, after }: wire.ReachChange): Cell[] {
  if (span === null) return [];
  const paint = after === 'allowed' ? colors.green : after === 'denied' ? colors.red : colors.yellow;
  return [endLabel(span.client), endLabel(span.server), portsText(span), before, { styled: paint(printable(after)) }];
}

/** Shows what manifests change in what is applied. @returns the exit status: 0, or 2 when a manifest could not be read */
export async function showLiveDiff(
  connection: Connection,
  terminal: Terminal,
  options: LiveDiffOptions,
): Promise<number> {
  const { cluster, manifests, only, output } = options;
  const after = await readManifests(manifests);
  const asked = { cluster, scope: scopeOf(options), before: [], after, afterOnly: only };
  const answer = await connection.policy.compare(asked, deadline());
  if (output === 'text') terminal.data(answer.textDiff);
  else if (!printData(terminal, output, answer)) {
    const headings = ['FROM', 'TO', 'PORTS', 'BEFORE', 'AFTER'];
    terminal.print(
      renderTable(
        headings,
        answer.changes.map((change) => row(terminal, change)),
      ),
    );
    terminal.remark(`${plural(answer.totalChanges, 'span')} of ports changed, ${answer.changes.length} shown`);
  }
  for (const { source, line, object, message } of answer.problems) {
    terminal.remark(printable(`${source}:${line}: ${object}: ${message}`));
  }
  return answer.problems.length > 0 ? errorTable.MANIFEST_INVALID.exit : 0;
}

/** The difference of the texts of policies in two sets of manifests. @returns the exit status as `showLiveDiff` */
export async function showTextDiff(
  terminal: Terminal,
  manifests: readonly string[],
  against: readonly string[],
): Promise<number> {
  const [before, after] = [await readManifestSet(against), await readManifestSet(manifests)];
  for (const side of [before, after]) remarkProblems(terminal, side);
  terminal.data(textDiff(before.policies, after.policies));
  return before.problems.length + after.problems.length > 0 ? errorTable.MANIFEST_INVALID.exit : 0;
}
