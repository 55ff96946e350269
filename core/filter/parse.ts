import { lex, type Token } from './lexer.ts';
import { readFieldName } from './field-name.ts';
import {
  type Comparison,
  type Filter,
  type FilterProblem,
  maxFilterDepth,
  maxFilterLength,
  type Place,
} from './syntax.ts';

export type ParsedFilter =
  | { readonly type: 'filter'; readonly filter: Filter }
  | { readonly type: 'problem'; readonly problem: FilterProblem };

/** Carries a complaint to the one place that turns it into a result. */
class Wrong extends Error {
  readonly place: Place;

  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

const operators: Readonly<Record<string, { readonly comparison: Comparison; readonly isNegative: boolean }>> = {
  '=': { comparison: 'equal', isNegative: false },
  '==': { comparison: 'equal', isNegative: false },
  '!=': { comparison: 'equal', isNegative: true },
  '~': { comparison: 'like', isNegative: false },
  '=~': { comparison: 'like', isNegative: false },
  '!~': { comparison: 'like', isNegative: true },
};

/** Recursive descent, one method for each rule of the grammar in docs/QUERY.md. */
class Parser {
  readonly #tokens: readonly Token[];
  readonly #end: Place;
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], length: number) {
    this.#tokens = tokens;
    this.#end = { at: length, length: 0 };
  }

  parse(): Filter {
    if (this.#tokens.length === 0) return { type: 'all' };
    const filter = this.#or();
    const rest = this.#peek();
    if (rest !== undefined)
      throw new Wrong(rest.type === ')' ? 'no parenthesis is open here' : 'this is too much', rest);
    return filter;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #isWord(text: string): boolean {
    const token = this.#peek();
    return token?.type === 'word' && token.text.toLowerCase() === text;
  }

  /** Takes the next token if it is one of these signs or words. */
  #take(...texts: readonly string[]): Token | null {
    const token = this.#peek();
    if (token === undefined) return null;
    if (!texts.some((text) => token.type === text || this.#isWord(text))) return null;
    this.#next++;
    return token;
  }

  #or(): Filter {
    const of = [this.#and()];
    while (this.#take('or', '||') !== null) of.push(this.#and());
    return joined('or', of);
  }

  #and(): Filter {
    const of = [this.#not()];
    for (;;) {
      const token = this.#peek();
      if (this.#take('and', '&&') === null && (token === undefined || !this.#beginsTerm(token))) break;
      of.push(this.#not());
    }
    return joined('and', of);
  }

  #beginsTerm({ type }: Token): boolean {
    return (type === 'word' && !this.#isWord('or')) || type === '(' || type === '!';
  }

  #not(): Filter {
    if (this.#take('!', 'not') === null) return this.#atom();
    return { type: 'not', of: this.#deeper(() => this.#not()) };
  }

  #atom(): Filter {
    const opening = this.#take('(');
    if (opening === null) return this.#term();
    const filter = this.#deeper(() => this.#or());
    if (this.#take(')') === null) throw new Wrong('the parenthesis is not closed', opening);
    return filter;
  }

  #deeper(rule: () => Filter): Filter {
    if (++this.#depth > maxFilterDepth) {
      throw new Wrong(
        `more than ${maxFilterDepth} parentheses and negations inside of each other`,
        this.#peek() ?? this.#end,
      );
    }
    const filter = rule();
    this.#depth--;
    return filter;
  }

  #term(): Filter {
    const token = this.#peek();
    if (token?.type !== 'word') throw new Wrong('a condition is due here, such as namespace=shop', token ?? this.#end);
    this.#next++;
    const name = readFieldName(token.text);
    if (typeof name === 'string') throw new Wrong(name, token);
    const { field, side, label } = name;
    const term = { type: 'term', field: field.name, side, label } as const;
    const operator = this.#operator();
    if (operator === null) {
      if (field.name !== 'label') {
        const what = `what about ${token.text}? Give an operator and a value, such as ${token.text}=…`;
        throw new Wrong(what, this.#peek() ?? this.#end);
      }
      return { ...term, comparison: 'exists', values: [] };
    }
    const values = this.#values();
    for (const { text, at, length } of values) {
      const problem = field.check(text);
      if (problem !== null) throw new Wrong(problem, { at, length });
    }
    const positive: Filter = { ...term, comparison: operator.comparison, values: values.map(({ text }) => text) };
    return operator.isNegative ? { type: 'not', of: positive } : positive;
  }

  /** Null when there is none: then the next token is still the next. */
  #operator(): { readonly comparison: Comparison; readonly isNegative: boolean } | null {
    const token = this.#peek();
    const sign = token === undefined || token.type === 'quoted' ? undefined : operators[token.type];
    if (sign !== undefined) {
      this.#next++;
      return sign;
    }
    if (this.#take('in') !== null) return { comparison: 'equal', isNegative: false };
    if (this.#take('notin') !== null) return { comparison: 'equal', isNegative: true };
    const before = this.#next;
    if (this.#take('not') !== null && this.#take('in') !== null) return { comparison: 'equal', isNegative: true };
    this.#next = before;
    return null;
  }

  #values(): readonly Token[] {
    const opening = this.#take('(');
    const values = [this.#value()];
    while (this.#take(',') !== null) values.push(this.#value());
    if (opening !== null && this.#take(')') === null) throw new Wrong('the list is not closed; end it with )', opening);
    const next = this.#peek();
    const last = values.at(-1);
    if (next !== undefined && next.type in operators && values.length > 1 && last !== undefined) {
      throw new Wrong('a comma separates values; put "and" or a space between conditions', {
        at: last.at,
        length: last.length,
      });
    }
    return values;
  }

  #value(): Token {
    const token = this.#peek();
    if (token?.type !== 'word' && token?.type !== 'quoted') throw new Wrong('a value is due here', token ?? this.#end);
    this.#next++;
    return token;
  }
}

function joined(type: 'and' | 'or', of: readonly Filter[]): Filter {
  const [only] = of;
  return of.length === 1 && only !== undefined ? only : { type, of };
}

/** Reads a filter; an empty one lets every edge through. */
export function parseFilter(text: string): ParsedFilter {
  if (text.length > maxFilterLength) {
    const message = `it has ${text.length} characters, and ${maxFilterLength} are the most`;
    return { type: 'problem', problem: { message, at: maxFilterLength, length: 1 } };
  }
  const lexed = lex(text);
  if (lexed.type === 'problem') return { type: 'problem', problem: lexed.problem };
  try {
    return { type: 'filter', filter: new Parser(lexed.tokens, text.length).parse() };
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    return { type: 'problem', problem: { message: error.message, at: error.place.at, length: error.place.length } };
  }
}
