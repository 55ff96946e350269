import type { Cidr } from '../../core/address.ts';
import { errorTable } from '../../core/errors.ts';
import { PolicySet } from '../../policy/evaluate/evaluate.ts';
import { Reachability, reachEnds, type ReachRow } from '../../policy/reach/reach.ts';
import { Roster } from '../../policy/evaluate/roster.ts';
import { reachChanges } from '../../policy/reach/reach-diff.ts';
import { type ManifestSet, readManifestSet, remarkProblems } from '../manifest-set.ts';
import { changeDot, changeHeadings, changeTable, reachDot, reachHeadings, reachTable } from '../reach-text.ts';
import { renderTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { plural } from '../text.ts';

export interface ReachOptions {
  readonly manifests: readonly string[];
  readonly output: string;
}

export interface DiffOptions extends ReachOptions {
  readonly against: readonly string[];
}

interface Side extends ManifestSet {
  readonly set: PolicySet;
}

async function readSide(terminal: Terminal, paths: readonly string[]): Promise<Side> {
  const read = await readManifestSet(paths);
  remarkProblems(terminal, read);
  return { ...read, set: new PolicySet(read.policies, read.cluster.nodes) };
}

function rowsOf({ cluster, set }: Side, blocks: readonly Cidr[]): ReachRow[] {
  return [...new Reachability(set).rows(reachEnds(new Roster(cluster), set, blocks))];
}

function exitStatus(...sides: readonly Side[]): number {
  return sides.some(({ problems }) => problems.length > 0) ? errorTable.MANIFEST_INVALID.exit : 0;
}

/** Shows which workloads may talk to which. @returns the exit status: 0, or 2 when a manifest could not be read */
export async function showReach(terminal: Terminal, { manifests, output }: ReachOptions): Promise<number> {
  const side = await readSide(terminal, manifests);
  const rows = rowsOf(side, side.set.blocks);
  if (output === 'json') terminal.json(rows);
  else if (output === 'dot') terminal.data(reachDot(rows));
  else {
    terminal.print(renderTable(reachHeadings, reachTable(rows)));
    terminal.remark(
      `${plural(rows.length, 'pair')} of ends may talk; a block means its addresses without smaller blocks`,
    );
  }
  return exitStatus(side);
}

/** Shows what may talk now and could not before, and the other way round. @returns the exit status as `showReach` */
export async function showDiff(terminal: Terminal, { manifests, against, output }: DiffOptions): Promise<number> {
  const [before, after] = [await readSide(terminal, against), await readSide(terminal, manifests)];
  // Both sides tell the same addresses apart, or nothing could be compared.
  const blocks = [...before.set.blocks, ...after.set.blocks];
  const changes = reachChanges(rowsOf(before, blocks), rowsOf(after, blocks));
  if (output === 'json') terminal.json(changes);
  else if (output === 'dot') terminal.data(changeDot(changes));
  else {
    terminal.print(renderTable(changeHeadings, changeTable(changes)));
    terminal.remark(`${plural(changes.length, 'pair')} of ends changed`);
  }
  return exitStatus(before, after);
}
