import type { FilterProblem, Place } from './syntax.ts';

export const symbols = ['!=', '!~', '==', '=~', '&&', '||', '=', '~', '!', '(', ')', ','] as const;
export type Symbol = (typeof symbols)[number];

/** A word as it is written, a text in quotes without them, or a sign. */
export type Token = Place &
  ({ readonly type: 'word' | 'quoted'; readonly text: string } | { readonly type: Symbol; readonly text: string });

export type Lexed =
  | { readonly type: 'tokens'; readonly tokens: readonly Token[] }
  /** With the tokens before it. */
  | { readonly type: 'problem'; readonly tokens: readonly Token[]; readonly problem: FilterProblem };

const spaces = /\s+/y;
const word = /[^\s"'(),=!~&|]+/y;

/** The end of a text in quotes, behind its closing quote; null when it has none. */
function closing(text: string, at: number): number | null {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === text[at]) return i + 1;
  }
  return null;
}

function tokenAt(text: string, at: number): Token | null {
  const quote = text[at] as string;
  if (quote === '"' || quote === "'") {
    const end = closing(text, at);
    if (end === null) return null;
    const inside = text.slice(at + 1, end - 1).replace(/\\(.)/gs, '$1');
    return { type: 'quoted', text: inside, at, length: end - at };
  }
  word.lastIndex = at;
  const found = word.exec(text)?.[0];
  if (found !== undefined) return { type: 'word', text: found, at, length: found.length };
  const symbol = symbols.find((each) => text.startsWith(each, at));
  return symbol === undefined ? null : { type: symbol, text: symbol, at, length: symbol.length };
}

/** Takes a filter apart into words and signs. */
export function lex(text: string): Lexed {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    spaces.lastIndex = at;
    at += spaces.exec(text)?.[0].length ?? 0;
    if (at >= text.length) break;
    const token = tokenAt(text, at);
    if (token === null) {
      const isQuote = text[at] === '"' || text[at] === "'";
      const message = isQuote ? 'the quote is not closed' : `${JSON.stringify(text[at])} stands for nothing here`;
      const length = isQuote ? text.length - at : 1;
      return { type: 'problem', tokens, problem: { message, at, length } };
    }
    tokens.push(token);
    at += token.length;
  }
  return { type: 'tokens', tokens };
}
