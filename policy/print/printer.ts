import { stringify } from 'yaml';
import type { Direction } from '../../core/flow.ts';
import type { Fields } from '../../core/fields.ts';
import type { PolicyObject, WrittenRule } from './policy-object.ts';
import { yamlStyle } from './yaml-style.ts';

/** Where a rule stands in a text: lines from 1, both inclusive. */
export interface RuleLines {
  readonly direction: Direction;
  readonly index: number;
  readonly firstLine: number;
  readonly lastLine: number;
}

export interface Printed {
  readonly yaml: string;
  /** In the order of the text. */
  readonly lines: readonly RuleLines[];
}

/** The lines of a comment above a rule; none for a rule without one. */
export type CommentOn = (direction: Direction, index: number) => readonly string[];

const directions = ['ingress', 'egress'] as const;
const noComments: CommentOn = () => [];

function linesIn(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

function indented(text: string, by: string): string {
  return text.replace(/^(?=.)/gm, by);
}

/** A comment must end with its line, whatever is in the names that it quotes. */
function commentLine(text: string): string {
  return `  # ${text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, ' ')}\n`;
}

/**
 * Prints policies as YAML that kubectl accepts: equal policies give equal bytes. The parts of rules come again and again
 * in a cluster's policies, so each different one is put into YAML once.
 */
export class Printer {
  readonly #parts = new Map<string, string>();
  readonly #elements = new WeakMap<object, string>();

  print({ head, rules }: PolicyObject, commentOn: CommentOn = noComments): Printed {
    let yaml = stringify(head, yamlStyle);
    let line = linesIn(yaml);
    const lines: RuleLines[] = [];
    for (const direction of directions) {
      const written = rules[direction];
      if (written === undefined) continue;
      let text = written.length === 0 ? `  ${direction}: []\n` : `  ${direction}:\n`;
      line++;
      for (const [place, rule] of written.entries()) {
        const { index } = rule;
        const isFirst = index !== null && written[place - 1]?.index !== index;
        if (isFirst) {
          const comment = commentOn(direction, index);
          text += comment.map(commentLine).join('');
          line += comment.length;
        }
        const item = this.#rule(rule);
        const [firstLine, lastLine] = [line + 1, line + linesIn(item)];
        line = lastLine;
        text += item;
        if (isFirst) lines.push({ direction, index, firstLine, lastLine });
        else if (index !== null) lines[lines.length - 1] = { ...(lines.at(-1) as RuleLines), lastLine };
      }
      yaml += text;
    }
    return { yaml, lines };
  }

  /** Several objects as one stream. */
  printAll(objects: readonly PolicyObject[], commentOn: CommentOn = noComments): Printed {
    let yaml = '';
    let before = 0;
    const lines: RuleLines[] = [];
    for (const object of objects) {
      if (yaml !== '') {
        yaml += '---\n';
        before++;
      }
      const printed = this.print(object, commentOn);
      for (const { firstLine, lastLine, ...rest } of printed.lines) {
        lines.push({ ...rest, firstLine: firstLine + before, lastLine: lastLine + before });
      }
      yaml += printed.yaml;
      before += linesIn(printed.yaml);
    }
    return { yaml, lines };
  }

  #rule({ fields }: WrittenRule): string {
    const entries = Object.entries(fields);
    if (entries.length === 0) return '  - {}\n';
    const text = entries.map(([key, value]) => this.#field(key, value)).join('');
    return `  - ${text.slice(4)}`;
  }

  #field(key: string, value: unknown): string {
    if (!Array.isArray(value) || value.length === 0) return this.#part({ [key]: value });
    return `    ${key}:\n${value.map((each: unknown) => this.#element(each)).join('')}`;
  }

  /** One element of a list. Most are the very objects that were printed before. */
  #element(value: unknown): string {
    if (typeof value !== 'object' || value === null) return this.#part([value]);
    let text = this.#elements.get(value);
    if (text === undefined) {
      text = this.#part([value]);
      this.#elements.set(value, text);
    }
    return text;
  }

  #part(value: Fields | readonly unknown[]): string {
    const key = JSON.stringify(value);
    let text = this.#parts.get(key);
    if (text === undefined) {
      text = indented(stringify(value, yamlStyle), '    ');
      this.#parts.set(key, text);
    }
    return text;
  }
}
