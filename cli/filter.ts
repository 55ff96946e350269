import { WeirError } from '../core/errors.ts';
import { parseFilter } from '../core/filter/parse.ts';
import { problemCarets, problemLine } from '../core/filter/problem-text.ts';
import { verdicts } from '../core/verdict.ts';
import type { Terminal } from './terminal.ts';
import { printable } from './text.ts';

/**
 * The filter that a command was given, checked before anybody is asked. @param words as the shell took it apart
 * @throws WeirError FILTER_INVALID, after showing the place
 */
export function readFilter(terminal: Terminal, words: readonly string[]): string {
  const text = words.join(' ').trim();
  const parsed = parseFilter(text);
  if (parsed.type === 'filter') return text;
  for (const line of problemCarets(text, parsed.problem).split('\n')) terminal.remark(printable(line));
  throw new WeirError('FILTER_INVALID', problemLine(text, parsed.problem));
}

/** A filter that also asks for a verdict. @throws WeirError USAGE */
export function withVerdict(filter: string, verdict: string | undefined): string {
  if (verdict === undefined) return filter;
  if (!verdicts.some((each) => each === verdict)) {
    throw new WeirError('USAGE', `--verdict ${verdict}: give one of ${verdicts.join(', ')}`);
  }
  return filter === '' ? `verdict=${verdict}` : `(${filter}) verdict=${verdict}`;
}
