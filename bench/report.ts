import { renderTable } from '../cli/table.ts';
import type { Bar, Figure, Result } from './bench.ts';
import { describeMachine } from './machine.ts';
import { median, quantile } from './statistics.ts';

/** Four digits are more than any of these figures is worth; counts are printed whole. */
function shown(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return value.toFixed(0);
  return Number(value.toPrecision(4)).toString();
}

function verdict(bar: Bar | undefined, value: number): string {
  if (bar === undefined) return '';
  if ('atMost' in bar) return `${value <= bar.atMost ? 'ok' : 'MISSED'}, at most ${bar.atMost}`;
  return `${value >= bar.atLeast ? 'ok' : 'MISSED'}, at least ${bar.atLeast}`;
}

function row({ label, unit, perRound, bar }: Figure): string[] {
  if (perRound.length === 0) return [label, 'not told', '', '0', ''];
  const middle = median(perRound);
  const quartiles = `${shown(quantile(perRound, 0.25))} to ${shown(quantile(perRound, 0.75))}`;
  return [label, `${shown(middle)} ${unit}`, quartiles, String(perRound.length), verdict(bar, middle)];
}

/** A result for people: the machine, then a line for each figure. @param loads load average before and after */
export function renderReport(name: string, { figures }: Result, loads: readonly [string, string]): string {
  const machine = `${describeMachine()}; load average ${loads[0]} before, ${loads[1]} after`;
  const table = renderTable(['FIGURE', 'MEDIAN', 'QUARTILES', 'ROUNDS', 'BAR'], figures.map(row));
  return `${name} on ${machine}\n\n${table}`;
}
