import { connectionsText } from '../policy/evaluate/connections.ts';
import type { ReachRow } from '../policy/reach/reach.ts';
import type { ReachChange } from '../policy/reach/reach-diff.ts';
import { quoted } from './diagram.ts';
import type { Cell } from './table.ts';

/** Rows that say the same of several clients as one. */
function grouped<Row extends { readonly from: string; readonly to: string }>(
  rows: Iterable<Row>,
  cellsOf: (row: Row) => readonly string[],
): Cell[][] {
  const groups = new Map<string, { readonly from: string[]; readonly to: string; readonly cells: readonly string[] }>();
  for (const row of rows) {
    const cells = cellsOf(row);
    const key = JSON.stringify([row.to, ...cells]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { from: [row.from], to: row.to, cells });
    else group.from.push(row.from);
  }
  return [...groups.values()].map(({ from, to, cells }) => [from.join(', '), to, ...cells]);
}

export const reachHeadings = ['FROM', 'TO', 'ALLOWED', 'DEPENDS'];

export function reachTable(rows: Iterable<ReachRow>): Cell[][] {
  return grouped(rows, ({ allowed, depends }) => [connectionsText(allowed), connectionsText(depends)]);
}

export const changeHeadings = ['FROM', 'TO', 'ADDED', 'REMOVED', 'DEPENDS NOW'];

export function changeTable(changes: Iterable<ReachChange>): Cell[][] {
  return grouped(changes, ({ added, removed, opened }) => [added, removed, opened].map(connectionsText));
}

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly color: string;
}

function digraph(arrows: readonly Arrow[]): string {
  const lines = arrows.map(({ from, to, label, color }) => {
    return `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(label)}, color=${color}];`;
  });
  return ['digraph weir {', '  rankdir=LR;', ...lines, '}', ''].join('\n');
}

/** In Graphviz's language: what is allowed black, what depends grey. */
export function reachDot(rows: readonly ReachRow[]): string {
  return digraph(
    rows
      .flatMap(({ from, to, allowed, depends }) => [
        { from, to, label: connectionsText(allowed), color: 'black' },
        { from, to, label: connectionsText(depends), color: 'gray' },
      ])
      .filter(({ label }) => label !== ''),
  );
}

/** In Graphviz's language: what is new green, what is gone red, what depends now grey. */
export function changeDot(changes: readonly ReachChange[]): string {
  return digraph(
    changes
      .flatMap(({ from, to, added, removed, opened }) => [
        { from, to, label: connectionsText(added), color: 'green' },
        { from, to, label: connectionsText(removed), color: 'red' },
        { from, to, label: connectionsText(opened), color: 'gray' },
      ])
      .filter(({ label }) => label !== ''),
  );
}
