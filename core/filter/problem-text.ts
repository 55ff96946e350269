import type { FilterProblem } from './syntax.ts';

/** How much of a long filter is shown on each side of what is wrong. */
const shown = 40;

/** A problem in one line: `at "prot" (place 15): no such field; …`. */
export function problemLine(filter: string, { message, at, length }: FilterProblem): string {
  const piece = filter.slice(at, at + Math.min(length, shown));
  return piece === '' ? `at its end: ${message}` : `at ${JSON.stringify(piece)} (place ${at + 1}): ${message}`;
}

/** The filter with carets below what is wrong: two lines. */
export function problemCarets(filter: string, { at, length }: FilterProblem): string {
  const from = Math.max(0, at - shown);
  const to = Math.min(filter.length, at + length + shown);
  const before = from > 0 ? '…' : '';
  const line = `${before}${filter.slice(from, to).replace(/\s/g, ' ')}${to < filter.length ? '…' : ''}`;
  const carets = '^'.repeat(Math.max(1, Math.min(length, to - at)));
  return `${line}\n${' '.repeat(before.length + at - from)}${carets}`;
}
