import t from 'tap';
import { parse, parseAllDocuments } from 'yaml';
import type * as wire from '../../proto/wire.ts';
import { podYaml, serviceYaml } from './cluster-fixture.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { everything, start, TestCluster } from './running.ts';

const objects = [
  podYaml({ name: 'web-1', ip: '10.1.0.1', deployment: 'web' }),
  podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart', ports: { http: 8080 } }),
  serviceYaml({ name: 'cart', ip: '10.96.0.20', selector: { app: 'cart' }, ports: [{ port: 80, targetPort: 'http' }] }),
  'apiVersion: batch/v1\nkind: CronJob\nmetadata: { name: report, namespace: shop }\nspec: { schedule: "0 3 1 1 *" }\n',
];

/** An aggregator that saw web reach cart through its Service, and an address outside. */
async function generating(t: Parameters<typeof start>[0]) {
  const { connection } = await start(t, new TestCluster(...objects));
  const agent = new Pusher(connection);
  await agent.welcome();
  agent.send(batchOf(1, [call('web-1', '10.96.0.20', 80), call('web-1', '203.0.113.7', 443)]));
  await agent.ackThrough(1);
  agent.close();
  const generate = (request: Partial<wire.GenerateRequest>) =>
    connection.policy.generate({ ...everything, ...request });
  return { connection, generate };
}

const web = { namespace: 'shop', kind: 'Deployment', name: 'web' };
const bank = {
  client: { entity: 'workload', workload: web },
  server: { entity: 'external', external: '203.0.113.7', alias: null },
  protocol: 'PROTOCOL_TCP',
  port: 443,
  direction: 'egress',
  include: true,
  cidr: '',
} as const satisfies wire.RowChoice;

t.test('rules have lines, confidence and flows, and the text says the same in comments', async (t) => {
  const { generate } = await generating(t);
  const { policies, yaml } = await generate({ comments: true, egress: true });
  const made = policies.find(({ workload }) => workload?.name === 'web');
  t.match(made?.rules, [{ direction: 'egress', confidence: /low|medium/, confidenceReason: /.+/, edges: 1 }, {}]);
  const [rule] = made?.rules ?? [];
  t.match(rule?.flows, [{ client: { workload: { name: 'web' } } }]);
  const text = made?.yaml.split('\n') ?? [];
  t.match(text[(rule?.firstLine ?? 0) - 1], /^ {2}- to:/);
  t.match(text[(rule?.firstLine ?? 0) - 4], `# ${rule?.summary}`);
  t.ok(yaml.includes(made?.yaml ?? 'none'));
});

t.test('choices, blocks, general and manual rules of a request are heeded', async (t) => {
  const { generate } = await generating(t);
  const answer = await generate({
    scope: { namespace: 'shop', workload: web },
    egress: true,
    egressRule: 'GENERAL_RULE_BLOCK_ALL',
    choices: [{ ...bank, cidr: '203.0.113.0/24' }],
    manualRules: [{ direction: 'egress', ports: [], peer: 'namespace', namespace: 'shop' }],
  });
  t.match(parse(answer.yaml).spec.egress, [
    { to: [{ podSelector: {} }] },
    { to: [{ ipBlock: { cidr: '203.0.113.0/24' } }], ports: [{ port: 443 }] },
  ]);
});

t.test('the workloads behind a Service', async (t) => {
  const { generate } = await generating(t);
  const { policies } = await generate({ service: { namespace: 'shop', name: 'cart' } });
  t.strictSame(
    policies.map(({ workload }) => workload?.name),
    ['cart'],
  );
  const unknown = await generate({ service: { namespace: 'shop', name: 'nope' } }).catch((error: unknown) => error);
  t.match(unknown, { code: 5, details: /No such Service: shop\/nope/ });
});

t.test('another dialect, with what it loses, and as files', async (t) => {
  const { generate } = await generating(t);
  const { yaml, files, losses } = await generate({ dialect: 'DIALECT_CLUSTER' });
  t.ok(parseAllDocuments(yaml).every((document) => document.get('kind') === 'ClusterNetworkPolicy'));
  t.ok(losses.length > 0 && losses.every(({ reason }) => reason !== ''));
  t.strictSame(
    files.map(({ path }) => path),
    ['shop/weir-cart.yaml', 'shop/weir-web.yaml', 'kustomization.yaml'],
  );
  t.match((await generate({ dialect: 'DIALECT_CILIUM' })).yaml, /kind: CiliumNetworkPolicy/);
});

t.test('what cannot be known from what was seen is said', async (t) => {
  const { generate } = await generating(t);
  const { completeness } = await generate({});
  t.equal(completeness?.complete, false);
  const said = completeness?.reasons.join('\n');
  t.match(said, /were watched; 12 h show what a day holds/);
  t.match(said, /CronJob shop\/report was not due \(0 3 1 1 \*\)/);
});

t.test('the settings of the cluster decide about labels and about Services', async (t) => {
  const { connection, generate } = await generating(t);
  const none = { include: [], exclude: [] };
  await connection.settings.setSettings({
    settings: {
      workloadLabels: { include: ['nothing'], exclude: [] },
      namespaceLabels: none,
      podCidrs: [],
      serviceCidrs: [],
      serviceRules: 'SERVICE_RULES_ADDRESSES',
      revision: 0,
    },
  });
  t.match((await generate({})).skipped, [{ reason: /may be used/ }, { reason: /may be used/ }]);
  await connection.settings.setSettings({
    settings: {
      workloadLabels: none,
      namespaceLabels: none,
      podCidrs: [],
      serviceCidrs: [],
      serviceRules: 'SERVICE_RULES_ADDRESSES',
      revision: 0,
    },
  });
  t.match(
    (await generate({ egress: true })).yaml,
    /cidr: 10\.96\.0\.20\/32\n {4}ports:\n {4}- protocol: TCP\n {6}port: 80\n/,
  );
});

t.test('a request that cannot be meant is refused with the field and what to give', async (t) => {
  const { generate } = await generating(t);
  const refuses = async (request: Partial<wire.GenerateRequest>, details: RegExp) => {
    const error = await generate(request).catch((thrown: unknown) => thrown);
    t.match(error, { code: 3, details });
  };
  const manual = { direction: 'egress', ports: [], peer: 'cidr', cidr: '10.0.0.0/8' } as const;
  await refuses({ choices: [{ ...bank, direction: 'out' }] }, /choices\[0\]\.direction: give ingress or egress/);
  await refuses({ choices: [{ ...bank, cidr: '10.0.0.0/8' }] }, /choices\[0\]\.cidr: 10\.0\.0\.0\/8 does not hold/);
  await refuses({ choices: [{ ...bank, cidr: 'x' }] }, /choices\[0\]\.cidr: "x" is no block/);
  await refuses({ choices: [{ ...bank, server: null }] }, /choices\[0\]\.server cannot be read/);
  await refuses({ choices: [bank, { ...bank, include: false }] }, /two choices contradict each other about egress/);
  await refuses({ choices: Array.from({ length: 20_001 }, () => bank) }, /choices: 20001 are too many; give 20000/);
  await refuses(
    { manualRules: [{ ...manual, cidr: '10.0.0.0' }] },
    /manual_rules\[0\]\.cidr: "10\.0\.0\.0" is no block/,
  );
  const port = { protocol: 'PROTOCOL_TCP', port: 90, endPort: 80 } as const;
  await refuses({ manualRules: [{ ...manual, ports: [port] }] }, /ports\[0\]: 90 to 80 are no ports/);
  const icmp = { protocol: 'PROTOCOL_ICMP', port: 8, endPort: 0 } as const;
  await refuses({ manualRules: [{ ...manual, ports: [icmp] }] }, /ICMP has no ports/);
  await refuses({ manualRules: [{ direction: 'egress', ports: [] } as never] }, /manual_rules\[0\] names no peer/);
});
