import fc, { type Arbitrary } from 'fast-check';
import t from 'tap';
import { parseFilter } from '../../core/filter/parse.ts';
import { maxFilterLength } from '../../core/filter/syntax.ts';
import { blocksOf } from './blocks.ts';
import { type Expression, rulesIn } from './grammar.ts';

/** What the page's grammar leaves to the tables and the text around it. */
const words: Readonly<Record<string, Arbitrary<string>>> = {
  name: fc.constantFrom('namespace', 'alias', 'label.app'),
  key: fc.constantFrom('app', 'app.kubernetes.io/name'),
  word: fc.constantFrom('shop', 'kube-*', 'or', 'not'),
  quoted: fc.constantFrom('"a (b) or c"', "'d e'", '"\\""'),
};

/** Words with blanks between them; the one behind a full stop belongs to it. */
function joined(parts: readonly string[]): string {
  return parts
    .filter((part) => part !== '')
    .join(' ')
    .replaceAll(/(?<=\b(?:client|server|label)\.) /g, '');
}

/** Sentences of a rule. Deep down only the last choice of each is taken, which ends in the grammar of the page. */
function sentencesOf(rules: ReadonlyMap<string, Expression>, rule: string): Arbitrary<string> {
  const depthIdentifier = fc.createDepthIdentifier();
  const known = fc.letrec<Record<string, string>>((tie) => {
    const of = (each: Expression): Arbitrary<string> => {
      if (each.type === 'text') return fc.constant(each.text);
      if (each.type === 'rule') return words[each.name] ?? tie(each.name);
      if ('of' in each) {
        const inner = of(each.of);
        return each.type === 'optional' ? fc.option(inner, { nil: '' }) : fc.array(inner, { maxLength: 2 }).map(joined);
      }
      const parts = each.parts.map(of);
      return each.type === 'sequence'
        ? fc.tuple(...parts).map(joined)
        : fc.oneof({ maxDepth: 8, depthIdentifier }, ...parts.toReversed());
    };
    return Object.fromEntries([...rules].map(([name, each]) => [name, of(each)]));
  });
  return known[rule] as Arbitrary<string>;
}

t.test('whatever the grammar of the page makes is a filter', async (t) => {
  const [grammar] = blocksOf('docs/QUERY.md').filter(({ kind }) => kind === 'ebnf');
  const rules = rulesIn(grammar?.text ?? '');
  const seen = new Set<string>();
  fc.assert(
    fc.property(sentencesOf(rules, 'filter'), (text) => {
      fc.pre(text.length <= maxFilterLength);
      for (const word of text.match(/[a-z]+|[^\sa-z]+/g) ?? []) seen.add(word);
      const parsed = parseFilter(text);
      if (parsed.type === 'problem') throw new Error(`${text}: ${JSON.stringify(parsed.problem)}`);
    }),
    { numRuns: 1000, seed: 1 },
  );
  for (const word of ['or', '||', 'and', '&&', 'not', '!', '!~', 'notin', '(']) t.ok(seen.has(word), word);
});

t.test('a grammar that is none is refused', async (t) => {
  t.throws(() => rulesIn('a = [ b'), /\[ has no \]/);
  t.throws(() => rulesIn('a = b ]'), /what is \]/);
  t.throws(() => rulesIn('a: b'), /no rule: a: b/);
});
