/** What stands on the right of a rule in EBNF as ISO 14977 writes it, with blanks in place of its commas. */
export type Expression =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'rule'; readonly name: string }
  | { readonly type: 'optional' | 'repeated'; readonly of: Expression }
  | { readonly type: 'sequence' | 'choice'; readonly parts: readonly Expression[] };

const ends: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')' };

class Reader {
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(text: string) {
    this.#tokens = text.match(/"[^"]*"|\w+|[^\s\w]/g) ?? [];
  }

  /** @throws Error when something is left */
  all(): Expression {
    const choice = this.#choice();
    if (this.#next < this.#tokens.length) throw new Error(`what is ${this.#tokens[this.#next]}?`);
    return choice;
  }

  #choice(): Expression {
    const parts = [this.#sequence()];
    while (this.#tokens[this.#next] === '|') {
      this.#next++;
      parts.push(this.#sequence());
    }
    return joined('choice', parts);
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    for (let token = this.#tokens[this.#next]; token !== undefined && /^["\w[{(]/.test(token); ) {
      parts.push(this.#item(token));
      token = this.#tokens[this.#next];
    }
    return joined('sequence', parts);
  }

  #item(token: string): Expression {
    this.#next++;
    const end = ends[token];
    if (end === undefined)
      return token.startsWith('"') ? { type: 'text', text: token.slice(1, -1) } : { type: 'rule', name: token };
    const of = this.#choice();
    if (this.#tokens[this.#next++] !== end) throw new Error(`${token} has no ${end}`);
    return token === '(' ? of : { type: token === '[' ? 'optional' : 'repeated', of };
  }
}

function joined(type: 'choice' | 'sequence', parts: readonly Expression[]): Expression {
  const [only] = parts;
  return only !== undefined && parts.length === 1 ? only : { type, parts };
}

/** The rules of a grammar, one a line. @throws Error for what is none */
export function rulesIn(grammar: string): Map<string, Expression> {
  return new Map(
    grammar
      .trim()
      .split('\n')
      .map((line) => {
        const [, name, right = ''] = /^(\w+) += (.+)$/.exec(line) ?? [];
        if (name === undefined) throw new Error(`no rule: ${line}`);
        return [name, new Reader(right).all()];
      }),
  );
}
