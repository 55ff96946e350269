import { lex, type Token } from './lexer.ts';

/** What may stand at a place of a filter. */
export type Expected =
  | { readonly type: 'field' }
  /** @property field the word before */
  | { readonly type: 'operator'; readonly field: string }
  | { readonly type: 'value'; readonly field: string }
  /** The condition before is whole. */
  | { readonly type: 'keyword' };

/** What may stand at the cursor, and the part of a word that is written already. */
export interface AtCursor {
  readonly expected: Expected;
  readonly prefix: string;
  /** What a suggestion replaces. */
  readonly from: number;
  readonly to: number;
}

const comparing = new Set<string>(['=', '==', '!=', '~', '=~', '!~']);

/** Follows the tokens before the cursor as the parser would, and forgives what it would not. */
function expectedAfter(tokens: readonly Token[]): Expected {
  let expected: Expected = { type: 'field' };
  let field = '';
  for (const { type, text } of tokens) {
    const word = type === 'word' ? text.toLowerCase() : type;
    if (comparing.has(type) || ((word === 'in' || word === 'notin') && expected.type === 'operator')) {
      expected = { type: 'value', field };
    } else if (type === ',') {
      expected = { type: 'value', field };
    } else if (type === '(' && expected.type === 'value') {
      expected = { type: 'value', field };
    } else if (type === '(' || type === '!' || ['and', 'or', '&&', '||'].includes(word)) {
      expected = { type: 'field' };
    } else if (word === 'not') {
      // Of `not in`, or before a condition.
      expected = expected.type === 'operator' ? expected : { type: 'field' };
    } else if (type === ')' || expected.type === 'value') {
      expected = { type: 'keyword' };
    } else {
      field = text;
      expected = { type: 'operator', field };
    }
  }
  return expected;
}

/** What may stand at a place of a filter that is being written. @param cursor in UTF-16 code units from 0 */
export function atCursor(filter: string, cursor: number): AtCursor {
  const place = Math.min(Math.max(0, cursor), filter.length);
  const { tokens } = lex(filter.slice(0, place));
  const last = tokens.at(-1);
  const touches = last?.type === 'word' && last.at + last.length === place ? last : null;
  const openQuote = /["'][^"']*$/.exec(filter.slice(last === undefined ? 0 : last.at + last.length, place));
  const before = touches === null ? tokens : tokens.slice(0, -1);
  const from = touches?.at ?? (openQuote === null ? place : place - openQuote[0].length);
  const rest = /^[^\s"'(),=!~&|]*/.exec(filter.slice(place))?.[0] ?? '';
  const prefix = filter.slice(from, place).replace(/^["']/, '');
  return { expected: expectedAfter(before), prefix, from, to: place + rest.length };
}
