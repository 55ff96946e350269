import fc from 'fast-check';
import t from 'tap';
import type { Edge } from '../../core/edge.ts';
import { atCursor } from '../../core/filter/cursor.ts';
import { compileFilter } from '../../core/filter/compile.ts';
import type { FilterContext } from '../../core/filter/field.ts';
import { globMatches } from '../../core/filter/glob.ts';
import { parseFilter } from '../../core/filter/parse.ts';
import { problemCarets, problemLine } from '../../core/filter/problem-text.ts';
import { quoteValue } from '../../core/filter/words.ts';
import { zeroCounters } from '../../core/flow.ts';
import type { Entity } from '../../core/identity.ts';
import { addressOf } from '../aggregator/cluster-fixture.ts';

const workload = (namespace: string, name: string, kind = 'Deployment'): Entity => ({
  type: 'workload',
  namespace,
  kind,
  name,
});
const outside = (text: string, alias?: string): Entity => ({
  type: 'external',
  address: addressOf(text),
  ...(alias !== undefined && { alias: { name: alias, cidr: '203.0.113.0/24', allowed: true } }),
});

interface Told {
  readonly drops?: Record<string, number>;
  readonly names?: readonly string[];
  readonly services?: Edge['services'];
  readonly evidence?: Edge['merged']['directionBy'];
}

function edge(client: Entity, server: Entity, port: number, change: Partial<Edge> = {}, told: Told = {}): Edge {
  const merged = {
    counters: zeroCounters(),
    drops: told.drops ?? {},
    directionBy: told.evidence ?? 'handshake',
    serverNames: told.names ?? [],
    firstSeenUnixMs: 1,
    lastSeenUnixMs: 2,
  };
  const sides = { byClient: merged, byServer: null, merged };
  return {
    client,
    server,
    port,
    protocol: 'TCP',
    services: told.services ?? [],
    verdict: 'forwarded',
    ...sides,
    ...change,
  };
}

const [frontend, cart, redis] = [
  workload('shop', 'frontend'),
  workload('shop', 'cart'),
  workload('data', 'redis', 'StatefulSet'),
];

/** By a letter each, so that a test says which ones pass. */
const edges: Readonly<Record<string, Edge>> = {
  a: edge(frontend, cart, 8080, {}, { services: [{ namespace: 'shop', name: 'cart' }] }),
  b: edge(cart, redis, 6379),
  c: edge(cart, outside('203.0.113.7', 'bank'), 443, {}, { names: ['api.bank.example'] }),
  d: edge(frontend, redis, 6379, { verdict: 'dropped' }, { drops: { NETFILTER_DROP: 3 } }),
  e: edge(outside('198.51.100.9'), frontend, 80, {}, { evidence: 'ports' }),
  f: edge(cart, { type: 'unresolved', address: addressOf('10.1.2.3'), reason: 'pod-cidr' }, 53, {
    protocol: 'UDP',
    verdict: 'unanswered',
  }),
  g: edge({ type: 'node', name: 'n1' }, cart, 8080),
};

const labels: Readonly<Record<string, Record<string, string>>> = {
  cart: { app: 'cart', 'app.kubernetes.io/part-of': 'shop' },
  redis: { app: 'redis' },
};

const everywhere: FilterContext = {
  scope: { namespace: null, workload: null },
  labelsOf: ({ name }) => labels[name] ?? null,
};

function passing(text: string, context = everywhere): string {
  const parsed = parseFilter(text);
  if (parsed.type === 'problem') return problemLine(text, parsed.problem);
  const passes = compileFilter(parsed.filter, context);
  return Object.keys(edges)
    .filter((name) => passes(edges[name] as Edge))
    .join('');
}

t.test('each field chooses edges', async (t) => {
  const expected: Readonly<Record<string, string>> = {
    '': 'abcdefg',
    'namespace=data': 'bd',
    'client.namespace=shop': 'abcdf',
    'server.namespace = shop': 'aeg',
    'namespace=shop,data': 'abcdefg',
    'namespace in (data, nothing)': 'bd',
    'namespace not in (data)': 'acefg',
    'namespace notin (data)': 'acefg',
    'namespace!=data': 'acefg',
    'namespace=d*': 'bd',
    'namespace~AT': 'bd',
    'namespace!~at': 'acefg',
    'workload=cart': 'abcfg',
    'client.workload=deployment/cart': 'bcf',
    'server.workload=sts/redis': 'bd',
    'workload=data/statefulset/*': 'bd',
    'workload=deployment/redis': '',
    'server.cidr in 203.0.113.0/24': 'c',
    'cidr=198.51.100.9': 'e',
    'cidr=10.0.0.0/8,fd00::/8': 'f',
    'port=443,8000-9000': 'acg',
    'protocol=udp': 'f',
    'protocol!=TCP': 'f',
    'verdict=dropped,unanswered': 'df',
    'reason=netfilter_drop': 'd',
    'reason=NETFILTER*': 'd',
    'label.app=cart': 'abcfg',
    'server.label.app=cart': 'ag',
    'label.app.kubernetes.io/part-of=shop': 'abcfg',
    'client.label.app': 'bcf',
    '!label.app': 'e',
    'label.app in (redis)': 'bd',
    'node=n1': 'g',
    'service=cart': 'a',
    'service=shop/*': 'a',
    'alias=bank': 'c',
    'name~"*.bank.example"': 'c',
    'name~bank': 'c',
    'type=external': 'ce',
    'server.type=external': 'c',
    'evidence=ports': 'e',
  };
  for (const [filter, edgesThatPass] of Object.entries(expected)) t.equal(passing(filter), edgesThatPass, filter);
});

t.test('conditions are joined: and before or, not before both', async (t) => {
  const expected: Readonly<Record<string, string>> = {
    'namespace=data verdict=dropped': 'd',
    'namespace=data and verdict=dropped': 'd',
    'namespace=data && !verdict=dropped': 'b',
    'port=80 or port=443': 'ce',
    'port=80 || port=443 and verdict=dropped': 'e',
    '(port=80 or port=443) and client.type=external': 'e',
    'not (namespace=data or port=8080)': 'cef',
    'not not port=53': 'f',
    'NOT port=53 AND port in (53, 80)': 'e',
  };
  for (const [filter, edgesThatPass] of Object.entries(expected)) t.equal(passing(filter), edgesThatPass, filter);
});

t.test('direction is as the scope sees it', async (t) => {
  const context = { ...everywhere, scope: { namespace: 'data', workload: null } };
  t.equal(passing('direction=ingress', context), 'bd');
  t.equal(passing('direction=egress', context), '');
});

t.test('what is wrong is said with its place', async (t) => {
  const expected: Readonly<Record<string, RegExp>> = {
    'prot=443': /^at "prot" \(place 1\): no such field; there are namespace, workload/,
    'namespace=shop prot=443': /^at "prot" \(place 16\): no such field/,
    namespace: /^at its end: what about namespace\? Give an operator/,
    'namespace=': /^at its end: a value is due here/,
    'namespace shop': /^at "shop" \(place 11\): what about namespace\?/,
    'port=x': /^at "x" \(place 6\): give a port or a range/,
    'port=9000-8000': /give a port or a range/,
    'port=443,70000': /^at "70000" \(place 10\): give a port/,
    'verdict=denied': /^at "denied" .*: give one of forwarded, dropped, refused, unanswered/,
    'cidr=10.0.0.0/33': /give an address or a block/,
    'client.port=80': /port is of both ends; leave out client\./,
    'label.=x': /name the label/,
    'namespace=shop,port=443': /^at "port" .*: a comma separates values; put "and" or a space between/,
    '(port=80': /^at "\(" \(place 1\): the parenthesis is not closed/,
    'port=80)': /^at "\)" .*: no parenthesis is open here/,
    'port in (80': /the list is not closed/,
    'name="x': /^at "\\"x" .*: the quote is not closed/,
    'port=80 or': /^at its end: a condition is due here/,
    'and port=80': /^at "and" .*: no such field/,
    'port=80 & port=81': /"&" stands for nothing here/,
    'constructor=x': /no such field/,
  };
  for (const [filter, problem] of Object.entries(expected)) t.match(passing(filter), problem, filter);
  const filter = 'namespace=shop prot=443';
  const parsed = parseFilter(filter);
  t.equal(parsed.type === 'problem' && problemCarets(filter, parsed.problem), `${filter}\n${' '.repeat(15)}^^^^`);
});

t.test('length and depth are bounded', async (t) => {
  t.match(passing(`port=${'1,'.repeat(3_000)}1`), /it has 6006 characters, and 4096 are the most/);
  t.match(passing(`${'('.repeat(40)}port=1${')'.repeat(40)}`), /more than 32 parentheses/);
  t.match(passing(`${'!'.repeat(4_000)}port=1`), /more than 32 parentheses/);
  t.equal(passing(`${'('.repeat(32)}port=53${')'.repeat(32)}`), 'f');
});

t.test('patterns are as their meaning in regular expressions', async (t) => {
  const pattern = fc.stringMatching(/^[ab*?]{0,8}$/);
  const text = fc.stringMatching(/^[ab]{0,10}$/);
  fc.assert(
    fc.property(pattern, text, (glob, subject) => {
      const expression = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`);
      return globMatches(glob, subject) === expression.test(subject);
    }),
  );
  t.notOk(globMatches(`${'*a'.repeat(200)}b`, 'a'.repeat(10_000)), 'and take no longer for it');
});

t.test('any text is a filter or a problem inside of it', async (t) => {
  const pieces = [
    'namespace',
    'port',
    'label.app',
    '=',
    '!=',
    '~',
    '!',
    '(',
    ')',
    ',',
    'and',
    'or',
    'not',
    'in',
    '"',
    "'",
  ];
  const anyText = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.array(fc.constantFrom(...pieces, '80', 'shop', ' ', '  '), { maxLength: 14 }).map((parts) => parts.join(' ')),
    fc.array(fc.constantFrom(...pieces, '80', ' '), { maxLength: 14 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(anyText, fc.nat(50), (text, cursor) => {
      const parsed = parseFilter(text);
      if (parsed.type === 'problem') {
        const { at, length, message } = parsed.problem;
        if (message === '' || at < 0 || length < 0 || at + length > text.length)
          throw new Error(JSON.stringify(parsed));
        problemCarets(text, parsed.problem);
      } else {
        compileFilter(parsed.filter, everywhere)(edges['a'] as Edge);
      }
      const { from, to } = atCursor(text, cursor);
      if (from < 0 || from > to || to > text.length) throw new Error(`${from} ${to}`);
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

t.test('a value that is quoted means itself', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), (value) => {
      const parsed = parseFilter(`reason=${quoteValue(value)}`);
      return parsed.type === 'filter' && parsed.filter.type === 'term' && parsed.filter.values[0] === value;
    }),
  );
  t.pass();
});

t.test('what may stand at a place follows from what is before it', async (t) => {
  const expected: Readonly<Record<string, unknown>> = {
    '|': { expected: { type: 'field' }, prefix: '', from: 0, to: 0 },
    'name|': { expected: { type: 'field' }, prefix: 'name', from: 0, to: 4 },
    'na|me': { expected: { type: 'field' }, prefix: 'na', from: 0, to: 4 },
    'namespace |': { expected: { type: 'operator', field: 'namespace' }, prefix: '' },
    'namespace=|': { expected: { type: 'value', field: 'namespace' }, prefix: '' },
    'namespace=sh|op and port=1': { expected: { type: 'value', field: 'namespace' }, prefix: 'sh', from: 10, to: 14 },
    'namespace in (a, b|': { expected: { type: 'value', field: 'namespace' }, prefix: 'b' },
    'namespace not in (|': { expected: { type: 'value', field: 'namespace' } },
    'namespace=shop |': { expected: { type: 'keyword' }, prefix: '' },
    'namespace=shop an|': { expected: { type: 'keyword' }, prefix: 'an' },
    'namespace=shop and |': { expected: { type: 'field' } },
    'namespace=shop or not (|': { expected: { type: 'field' } },
    'port=443,|': { expected: { type: 'value', field: 'port' } },
    'port=443 client.label.app=|': { expected: { type: 'value', field: 'client.label.app' } },
    'name="api.ex|': { expected: { type: 'value', field: 'name' }, prefix: 'api.ex', from: 5 },
  };
  for (const [text, place] of Object.entries(expected)) {
    t.match(atCursor(text.replace('|', ''), text.indexOf('|')), place, text);
  }
});
