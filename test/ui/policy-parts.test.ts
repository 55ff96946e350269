import t from 'tap';
import type { RuleProvenance } from '../../proto/wire.ts';
import { causeOfError, causeOfNothing, enforcementWarning, type Looked } from '../../ui/src/app/causes.ts';
import { barsOf, momentAt } from '../../ui/src/app/bars.ts';
import { namespacesWorstFirst, workloadsWorstFirst } from '../../ui/src/coverage/worst-first.ts';
import { agoText, bytesText } from '../../ui/src/design/format.ts';
import { noChoices, parsePortRange, rowKey, withRow } from '../../ui/src/policy/choices.ts';
import { applyCommand, fileName, generateCommand } from '../../ui/src/policy/command.ts';
import { diffLines } from '../../ui/src/policy/diff-lines.ts';
import { mergeChanges } from '../../ui/src/policy/merge-changes.ts';
import { markedYaml } from '../../ui/src/policy/marks.ts';
import { generateRequest, shellWord } from '../../ui/src/policy/request.ts';
import { yamlParts } from '../../ui/src/policy/yaml-parts.ts';
import { wordsOf } from '../../ui/src/settings/lists.ts';
import { rowsOf } from '../../ui/src/tables/rows.ts';
import { end, wireEdge } from './edges.ts';

const scope = { cluster: '', namespace: 'shop', entity: null, range: { startUnixMs: 0, endUnixMs: 0 } };

t.test('decisions about rows are asked for with the edge that they are about', async (t) => {
  const edge = wireEdge('shop/cart', '203.0.113.7', 443);
  const rows = rowsOf([edge, wireEdge('shop/cart', 'shop/db', 5432)], 'egress', { namespace: 'shop', ids: null });
  const key = rows.find(({ port }) => port === 'TCP 443')?.key ?? '';
  const choices = withRow(withRow(noChoices, key, { include: true, cidr: '203.0.113.0/24' }), 'gone', {
    include: false,
    cidr: '',
  });
  const request = generateRequest(scope, choices, rows);
  t.strictSame(request.choices, [
    {
      client: edge.client,
      server: edge.server,
      protocol: 'PROTOCOL_TCP',
      port: 443,
      direction: 'egress',
      include: true,
      cidr: '203.0.113.0/24',
    },
  ]);
  t.strictSame(request.scope, { namespace: 'shop', workload: null });
  const service = generateRequest({ ...scope, entity: { kind: 'Service', name: 'db' } }, noChoices, []);
  t.strictSame([service.scope, service.service], [null, { namespace: 'shop', name: 'db' }]);
  t.equal(rowKey('egress', 'x'), rowKey('egress', 'x'));
});

t.test('each line of the YAML knows the rule that it is of', async (t) => {
  const rule = (direction: string, firstLine: number, lastLine: number): RuleProvenance => ({
    direction,
    index: 0,
    summary: '',
    edges: 1,
    connections: 1,
    firstSeenUnixMs: 1,
    lastSeenUnixMs: 1,
    firstLine,
    lastLine,
    confidence: 'high',
    confidenceReason: '',
    flows: [],
    alsoAllows: [],
  });
  const [first, second] = ['a: 1\nrule: x\n', 'a: 1\nb: 2\nrule: y\nmore: y\n'];
  const policy = (name: string, yaml: string, rules: readonly RuleProvenance[]) => ({
    workload: null,
    name,
    yaml,
    rules,
    alsoSelects: [],
    notes: [],
  });
  const policies = [policy('one', first, [rule('ingress', 2, 2)]), policy('two', second, [rule('egress', 3, 4)])];
  const yaml = `${first}---\n${second}`;
  const { marks, rules } = markedYaml({ yaml, policies });
  t.strictSame([...marks.keys()], [2, 6, 7]);
  const lines = yaml.split('\n');
  t.equal(lines[5], 'rule: y');
  t.equal(rules.get(marks.get(6)?.id ?? '')?.policy.name, 'two');
  t.equal(markedYaml({ yaml: 'something else', policies }).marks.size, 0);
});

t.test('the parts of a line of YAML are the line', async (t) => {
  const lines = [
    'apiVersion: v1',
    '  - podSelector: {}',
    '# a: b',
    'name: "x: y" # why',
    '',
    '    kubernetes.io/metadata.name: shop',
    '- "quoted"',
    "k: 'it''s'",
    ': odd',
    'a # b: c',
  ];
  for (const line of lines)
    t.equal(
      yamlParts(line)
        .map(({ text }) => text)
        .join(''),
      line,
    );
  t.equal(yamlParts('  port: 443').find(({ type }) => type === 'key')?.text, 'port');
  t.equal(yamlParts('name: "x" # why').at(-1)?.type, 'comment');
});

t.test('commands are safe to paste', async (t) => {
  t.equal(shellWord('shop'), 'shop');
  t.equal(shellWord("it's; rm -rf $HOME"), String.raw`'it'\''s; rm -rf $HOME'`);
  t.equal(shellWord(''), "''");
  const [row] = rowsOf([wireEdge('shop/cart', '203.0.113.7', 443)], 'egress', { namespace: 'shop', ids: null });
  if (row === undefined) return t.fail('there is a row');
  const manual = {
    direction: 'egress',
    peer: 'namespace',
    value: 'ops',
    ports: [{ protocol: 'PROTOCOL_UDP', port: 8000, endPort: 8010 }],
  } as const;
  const choices = {
    ...withRow(noChoices, row.key, { include: true, cidr: '203.0.113.0/24' }),
    directions: 'egress',
    comments: false,
    manual: [manual],
    egressRule: 'GENERAL_RULE_ALLOW_INSIDE_NAMESPACE',
  } as const;
  const command = generateCommand({ ...scope, namespace: 'a;b' }, { type: 'last', ms: 900_000 }, choices, [row]);
  t.equal(
    command.text,
    "weir policy generate --namespace 'a;b' --since 15m --egress --rule egress=inside-namespace --include 'egress shop/deployment/cart -> 203.0.113.7 443/TCP as 203.0.113.0/24' --manual 'egress namespace/ops 8000-8010/UDP'",
  );
  t.strictSame(command.leavesOut, []);
  const fixed = generateCommand(scope, { type: 'between', startUnixMs: 1, endUnixMs: 2 }, noChoices, []);
  t.strictSame([fixed.text, fixed.leavesOut.length], ['weir policy generate --namespace shop --comments', 1]);
  t.equal(fileName({ namespace: '../../x', entity: null }), 'weir-..-..-x.yaml');
  t.equal(applyCommand('a b.yaml', 'DIALECT_UNSPECIFIED'), "kubectl apply -f 'a b.yaml'");
});

t.test('ports are read as people write them', async (t) => {
  t.strictSame(parsePortRange('tcp/443'), { protocol: 'PROTOCOL_TCP', port: 443, endPort: 0 });
  t.strictSame(parsePortRange('UDP:8000-8010'), { protocol: 'PROTOCOL_UDP', port: 8000, endPort: 8010 });
  for (const text of ['443', 'tcp/0', 'tcp/70000', 'tcp/9-3', 'icmp/1']) t.equal(parsePortRange(text), null, text);
  t.strictSame(wordsOf(' a, b\n a '), ['a', 'b']);
});

t.test('lines of a diff are told apart', async (t) => {
  t.strictSame(
    diffLines('--- a\n+++ b\n@@ -1 +1 @@\n x\n-y\n+z\n').map(({ type }) => type),
    ['place', 'place', 'place', 'same', 'remove', 'add'],
  );
  t.strictSame(diffLines(''), []);
});

t.test('ports that change alike are one line', async (t) => {
  const span = { client: end('a/x'), server: end('b/y'), firstPort: 1, lastPort: 65_535, clients: 0 };
  const all = (['PROTOCOL_TCP', 'PROTOCOL_UDP'] as const).map((protocol) => ({
    span: { ...span, protocol },
    before: 'allowed',
    after: 'denied',
  }));
  const one = {
    span: { ...span, protocol: 'PROTOCOL_TCP', firstPort: 443, lastPort: 443 },
    before: 'denied',
    after: 'allowed',
  } as const;
  t.strictSame(mergeChanges([...all, one, { ...one, span: null }]), [
    { ends: 'a/x → b/y', ports: 'TCP, UDP every port', before: 'allowed', after: 'denied' },
    { ends: 'a/x → b/y', ports: 'TCP 443', before: 'denied', after: 'allowed' },
  ]);
});

t.test('the most open come first', async (t) => {
  const namespace = (name: string, isolated: number, partial: number, open: number) => ({
    name,
    isolated,
    partial,
    open,
    exempt: 0,
  });
  const sorted = namespacesWorstFirst([
    namespace('closed', 5, 0, 0),
    namespace('half', 1, 2, 1),
    namespace('open', 0, 0, 3),
  ]);
  t.strictSame(
    sorted.map(({ name }) => name),
    ['open', 'half', 'closed'],
  );
  const workload = (name: string, ingress: boolean, egress: boolean, exempt = '') => ({
    workload: { namespace: 'a', kind: 'Deployment', name },
    ingress,
    egress,
    exempt,
    policies: 0,
  });
  const workloads = workloadsWorstFirst([
    workload('host', false, false, 'host network'),
    workload('done', true, true),
    workload('bare', false, false),
    workload('some', true, false),
  ]);
  t.strictSame(
    workloads.map((each) => each.workload?.name),
    ['bare', 'some', 'done', 'host'],
  );
});

const coverage = { windows: 4, incompleteWindows: 0, losses: [], firstUnixMs: 1, lastUnixMs: 2, nodesWithoutAgent: [] };
const status = {
  version: '',
  kernel: '5.4',
  interfacesAttached: 0,
  podsResolved: 0,
  unresolvedInterfaces: [],
  batchesPending: 0,
  windowMs: 15_000,
  spoolBytes: 0,
  spoolMaxBytes: 0,
  certificate: null,
  resolvedByMeans: {},
  unresolvedByReason: {},
  identitySources: [],
};
const agent = (active: boolean, connected: boolean, cni: string) => ({
  node: 'n1',
  connected,
  committed: null,
  lastWindowEndUnixMs: 0,
  coverage: null,
  lagMs: 0,
  nodeIsGone: false,
  status: {
    ...status,
    features: [{ name: 'tcp', active, reason: active ? '' : 'the kernel is too old' }],
    cnis: [{ name: cni, forced: false, evidence: [] }],
  },
});
const cluster = (agents: readonly ReturnType<typeof agent>[]) => ({
  name: 'c',
  source: '',
  agents,
  workloads: 1,
  pods: 1,
  edges: 0,
  coverage,
  problems: [],
  unresolved: [],
  nodes: 1,
  namespaces: 1,
  waiting: false,
  sourceProblems: [],
  kept: [],
});

t.test('nothing to see names its cause', async (t) => {
  const looked: Looked = {
    status: cluster([agent(true, true, 'calico')]),
    coverage,
    unfiltered: 0,
    filter: '',
    search: '',
    bounded: true,
  };
  const title = (change: Partial<Looked>) => causeOfNothing({ ...looked, ...change }).title;
  t.equal(title({}), 'No traffic was seen');
  t.equal(title({ search: 'x' }), 'The filter leaves nothing');
  t.equal(title({ filter: 'port = 1', unfiltered: 9 }), 'The filter leaves nothing');
  t.equal(title({ status: cluster([]) }), 'No agent has reported');
  t.equal(title({ status: cluster([agent(false, true, 'calico')]) }), 'The agents cannot see traffic');
  t.equal(title({ status: cluster([agent(true, false, 'calico')]) }), 'No agent is connected');
  t.equal(title({ coverage: { ...coverage, windows: 0 } }), 'Nothing was watched in this time');
  t.match(causeOfNothing({ ...looked, coverage: { ...coverage, nodesWithoutAgent: ['n7'] } }).text, /n7/);
  t.match(causeOfNothing({ ...looked, status: cluster([agent(false, true, 'calico')]) }).text, /the kernel is too old/);
});

t.test('errors name their cause', async (t) => {
  const title = (status: number, code = 'X') => causeOfError({ code, status, message: 'why' }).title;
  t.equal(title(403), 'Not permitted');
  t.equal(title(0, 'UNREACHABLE'), 'The aggregator does not answer');
  t.equal(title(404), 'Not there');
  t.equal(title(500), 'That did not work');
});

t.test('a network plugin that enforces nothing is told of', async (t) => {
  t.match(enforcementWarning(cluster([agent(true, true, 'flannel')])), /flannel/);
  t.equal(enforcementWarning(cluster([agent(true, true, 'flannel'), agent(true, true, 'calico')])), null);
  t.equal(enforcementWarning(cluster([])), null);
});

t.test('bars are as wide as their buckets and mark what was not watched', async (t) => {
  const bucket = (start: number, forwarded: number, dropped: number, windows: number) => ({
    startUnixMs: start,
    endUnixMs: start + 10,
    connections: 1,
    bytes: 1,
    forwarded,
    dropped,
    refused: 0,
    unanswered: 0,
    windows,
    incompleteWindows: 0,
  });
  const buckets = [bucket(0, 4, 0, 2), bucket(10, 0, 0, 0), bucket(20, 0, 1, 2), bucket(30, 0, 0, 1)];
  const bars = barsOf(buckets);
  t.strictSame(
    bars.map(({ x, width }) => [x, width]),
    [
      [0, 0.25],
      [0.25, 0.25],
      [0.5, 0.25],
      [0.75, 0.25],
    ],
  );
  t.strictSame(
    bars.map(({ gap }) => gap),
    [false, true, false, false],
  );
  t.strictSame([bars[0]?.good, bars[2]?.bad], [1, 0.5]);
  t.strictSame(barsOf([]), []);
  t.equal(momentAt(buckets, 0.5), 20);
  t.equal(momentAt(buckets, 7), 40);
});

t.test('figures are short', async (t) => {
  t.strictSame([0, 999, 1_000, 123_456, 5_000_000_000].map(bytesText), ['0 B', '999 B', '1.0 kB', '123 kB', '5.0 GB']);
  t.strictSame([agoText(0, 5), agoText(1_000, 2_000), agoText(0 + 1, 7_200_000)], ['', 'just now', '2h ago']);
});
