import fc from 'fast-check';
import t from 'tap';
import { parsePair, parseEnd, endText, pairText } from '../../ui/src/policy/pair.ts';
import { dialects, generalRules, noChoices, type PolicyChoices, rowKey, withRow } from '../../ui/src/policy/choices.ts';
import { peerSorts } from '../../ui/src/tables/peer-sort.ts';
import { parseSpan, rangeOf, spanText } from '../../ui/src/app/span.ts';
import { parseViewState, screens, startState, type ViewState, viewStateText } from '../../ui/src/app/view-state.ts';

/** Records as JavaScript makes them, so that they are equal to what is read. */
const plain = { noNullPrototype: true } as const;
const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
const text = fc.string({ maxLength: 20 });
const key = fc.stringMatching(/^[a-z0-9]{1,11}$/);
const decision = fc.record(
  { include: fc.boolean(), cidr: fc.constantFrom('', '192.0.2.0/24', '2001:db8::/32') },
  plain,
);
const port = fc.record(
  {
    protocol: fc.constantFrom('PROTOCOL_TCP' as const, 'PROTOCOL_UDP' as const),
    port: fc.integer({ min: 1, max: 100 }),
    endPort: fc.constantFrom(0, 200),
  },
  plain,
);
const choices: fc.Arbitrary<PolicyChoices> = fc.record(
  {
    rows: fc.array(fc.tuple(key, decision), { maxLength: 5 }).map((rows) => new Map(rows)),
    ingressRule: fc.constantFrom(...Object.values(generalRules)),
    egressRule: fc.constantFrom(...Object.values(generalRules)),
    manual: fc.array(
      fc.record(
        {
          direction: fc.constantFrom('ingress' as const, 'egress' as const),
          peer: fc.constantFrom('cidr' as const, 'namespace' as const),
          value: name,
          ports: fc.array(port, { maxLength: 2 }),
        },
        plain,
      ),
      { maxLength: 2 },
    ),
    directions: fc.constantFrom('both' as const, 'ingress' as const),
    dialect: fc.constantFrom(...Object.values(dialects)),
    byNamespace: fc.boolean(),
    includeDenied: fc.boolean(),
    portRanges: fc.boolean(),
    namedPorts: fc.boolean(),
    comments: fc.boolean(),
  },
  plain,
);
const state: fc.Arbitrary<ViewState> = fc.record(
  {
    screen: fc.constantFrom(...screens),
    cluster: name,
    namespace: name,
    entity: fc.option(fc.record({ kind: fc.constantFrom('Deployment', 'Service'), name }, plain)),
    span: fc.constantFrom(
      ...['15m', '24h', 'all', '1700000000000-1700000900000'].map((each) => parseSpan(each) ?? startState.span),
    ),
    filter: text,
    open: fc.uniqueArray(name, { maxLength: 3 }),
    hops: fc.constantFrom(1 as const, 2 as const),
    form: fc.constantFrom('auto' as const, 'matrix' as const),
    candidate: fc.boolean(),
    selected: text,
    search: text,
    sort: fc.constantFrom('-bytes', 'peer'),
    group: fc.constantFrom('', 'verdict'),
    peers: fc.constantFrom('' as const, ...peerSorts),
    choices,
    why: text,
  },
  plain,
);

t.test('a URL shows what it was made of', async (t) => {
  fc.assert(
    fc.property(state, (each) => {
      t.strictSame(parseViewState(viewStateText(each)), each);
    }),
    { numRuns: 200, seed: 1 },
  );
});

t.test('the start has no query, and any text opens', async (t) => {
  t.equal(viewStateText(startState), '');
  t.strictSame(parseViewState(''), startState);
  fc.assert(
    fc.property(fc.string(), (each) => {
      parseViewState(`?${each}`);
    }),
    { seed: 2 },
  );
  t.strictSame(parseViewState('?screen=nowhere&span=banana&entity=Deployment/x&rows=!!&manual=~&hops=9'), startState);
});

t.test('spans are read as they are written', async (t) => {
  for (const each of ['15m', '1h', '24h', '7d', 'all']) t.equal(spanText(parseSpan(each) ?? startState.span), each);
  for (const each of ['', '0m', '5', '9-3', '1h30m']) t.equal(parseSpan(each), null, each);
  const now = 1_700_000_007_000;
  t.strictSame(rangeOf({ type: 'last', ms: 3_600_000 }, now), { startUnixMs: 1_699_996_395_000, endUnixMs: 0 });
  t.strictSame(rangeOf({ type: 'last', ms: 0 }, now), { startUnixMs: 0, endUnixMs: 0 });
});

t.test('decisions are kept by row and direction, and can be taken back', async (t) => {
  const [ingress, egress] = [rowKey('ingress', 'a>b|TCP|1'), rowKey('egress', 'a>b|TCP|1')];
  t.not(ingress, egress);
  t.match(ingress, /^[a-z0-9]{1,11}$/);
  const decided = withRow(noChoices, ingress, { include: false, cidr: '' });
  t.strictSame(decided.rows.get(ingress), { include: false, cidr: '' });
  t.equal(withRow(decided, ingress, null).rows.size, 0);
  const keys = Array.from({ length: 20_000 }, (_, i) =>
    rowKey('egress', `workload:shop/Deployment/a${i}>workload:b|TCP|1`),
  );
  t.equal(new Set(keys).size, 20_000);
});

t.test('a pair is read as people type it and as the URL has it', async (t) => {
  const [client, server] = [parseEnd('shop/Deployment/cart'), parseEnd('2001:db8::7')];
  t.match(server, { entity: 'external' });
  if (client === null || server === null) return t.fail('ends are read');
  t.equal(endText(client), 'shop/Deployment/cart');
  t.equal(endText(server), '2001:db8::7');
  const pair = { client, server, protocol: 'PROTOCOL_UDP', port: 53 } as const;
  t.strictSame(parsePair(pairText(pair)), pair);
  for (const each of ['', 'a>b|TCP|1', 'workload:a/b/c>workload:a/b/d|TCP|99999', 'workload:a/b/c>node:|TCP|1'])
    t.equal(parsePair(each), null, each);
  t.equal(parseEnd('cart'), null);
});
