import type * as wire from '../proto/wire.ts';
import { lossesText } from './stages.ts';
import { plural, printable } from './text.ts';

/** What was watched and what was missed, in a line or a few. */
export function coverageLines(coverage: wire.Coverage | null): string[] {
  if (coverage === null || coverage.windows === 0) return ['nothing was recorded in this time'];
  const { windows, incompleteWindows, losses, firstUnixMs, lastUnixMs, nodesWithoutAgent } = coverage;
  const span = `${new Date(firstUnixMs).toISOString()} to ${new Date(lastUnixMs).toISOString()}`;
  const lines = [`${plural(windows, 'window')} from ${span}`];
  if (losses.length > 0) {
    // A graph that is full loses events of windows that were complete.
    const where = incompleteWindows > 0 ? `${plural(incompleteWindows, 'window')} incomplete: ` : '';
    lines.push(`${where}events were lost (${printable(lossesText(losses))})`);
  }
  if (nodesWithoutAgent.length > 0) lines.push(`no agent reports for ${printable(nodesWithoutAgent.join(', '))}`);
  return lines;
}

/** Why an answer is not the whole truth, for whoever builds on it; empty when nothing is known to be missing. */
export function coverageWarnings(coverage: wire.Coverage | null): string[] {
  return coverage === null || coverage.windows === 0 ? coverageLines(coverage) : coverageLines(coverage).slice(1);
}
