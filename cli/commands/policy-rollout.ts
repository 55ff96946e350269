import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorTable, messageOf, WeirError } from '../../core/errors.ts';
import { decodeEdge } from '../../proto/convert-edge.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { readManifests } from '../manifest-files.ts';
import { rangeOf, type ScopeOptions, scopeOf } from '../question.ts';
import { renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { edgeText, plural, printable } from '../text.ts';

export interface RolloutOptions extends ScopeOptions {
  readonly prune: boolean;
  readonly outputDir?: string;
  readonly output: string;
}

function nameOf(policy: wire.RuleRef | null): string {
  if (policy === null) return '';
  return `${policy.kind} ${policy.namespace === '' ? policy.name : `${policy.namespace}/${policy.name}`}`;
}

function row({ action, policy, reason, temporary, cuts }: wire.RolloutStep, index: number): string[] {
  const why = cuts.length === 0 ? reason : `${reason} Cuts ${plural(cuts.length, 'edge')}.`;
  return [String(index + 1), temporary ? `${action} for a while` : action, nameOf(policy), why];
}

/** Numbered, so that kubectl takes them in turn by their names. */
function stepFiles(steps: readonly wire.RolloutStep[]): wire.File[] {
  const digits = String(steps.length).length;
  return steps.map(({ action, policy, yaml }, index) => {
    const name = [policy?.kind, policy?.namespace, policy?.name]
      .filter(Boolean)
      .join('-')
      .replaceAll(/[^\w.-]/g, '_');
    return { path: `${String(index + 1).padStart(digits, '0')}-${action}-${name}.yaml`, text: yaml };
  });
}

function write(folder: string, files: readonly wire.File[]): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const { path, text } of files) writeFileSync(join(folder, path.replaceAll(/[^\w.-]/g, '_')), text);
  } catch (error) {
    const what = `--output-dir ${folder}: ${messageOf(error)}; name a folder that can be written`;
    throw new WeirError('USAGE', what, { cause: error });
  }
}

/**
 * Plans the order in which the policies in files can be applied.
 * @returns the exit status: 0; 1 when live traffic would be cut, on the way or for good; 2 when a file could not be read
 */
export async function planRollout(
  connection: Connection,
  terminal: Terminal,
  paths: readonly string[],
  options: RolloutOptions,
): Promise<number> {
  const { cluster, prune, output, outputDir } = options;
  const asked = {
    cluster,
    scope: scopeOf(options),
    range: rangeOf(options, Date.now()),
    manifests: await readManifests(paths),
    prune,
  };
  const answer = await connection.policy.planRollout(asked, deadline());
  const { steps, rollback, cuts, problems, completeness } = answer;
  if (outputDir !== undefined && problems.length === 0) {
    write(join(outputDir, 'steps'), stepFiles(steps));
    write(join(outputDir, 'rollback'), rollback);
    terminal.remark(`wrote ${plural(steps.length, 'step')} and the way back below ${outputDir}`);
  }
  if (!printData(terminal, output, answer)) {
    terminal.print(renderTable(['STEP', 'ACTION', 'POLICY', 'WHY HERE'], steps.map(row)));
    if (steps.length === 0) terminal.remark('nothing is to be changed');
    const cut = (finding: wire.ReplayFinding) => (finding.edge === null ? '' : edgeText(decodeEdge(finding.edge)));
    for (const finding of cuts) terminal.remark(printable(`! cut for good: ${cut(finding)}: ${finding.because}`));
    for (const [index, step] of steps.entries()) {
      for (const finding of step.cuts)
        terminal.remark(printable(`! cut from step ${index + 1} on for a while: ${cut(finding)}`));
    }
    for (const reason of completeness?.reasons ?? []) terminal.remark(printable(`! not complete: ${reason}`));
  }
  for (const { source, line, object, message } of problems) {
    terminal.remark(printable(`${source}:${line}: ${object}: ${message}`));
  }
  if (problems.length > 0) return errorTable.MANIFEST_INVALID.exit;
  return cuts.length > 0 || steps.some((step) => step.cuts.length > 0) ? 1 : 0;
}
