import t from 'tap';
import { parseManifests, snapshotOf } from '../../core/manifest.ts';

function read(kind: string, spec: string, { version = 'v1alpha1', name = 'default' } = {}) {
  const text = `apiVersion: policy.networking.k8s.io/${version}
kind: ${kind}
metadata: {name: ${name}, namespace: ignored}
spec:
  subject: {namespaces: {}}
${spec
  .split('\n')
  .map((line) => `  ${line}`)
  .join('\n')}
`;
  const { objects, problems } = parseManifests(text, 'in.yaml');
  const { clusterPolicies } = snapshotOf(objects.map(({ object }) => object));
  return { clusterPolicies, problem: problems[0] === undefined ? null : `${problems[0].line}: ${problems[0].message}` };
}

const newest = { version: 'v1alpha2' };

t.test('each of the three kinds is read, outside of all namespaces', (t) => {
  const admin = 'priority: 7\negress:\n- {action: Pass, to: [{nodes: {}}], ports: [{portNumber: {port: 53}}]}';
  t.match(read('AdminNetworkPolicy', admin), { problem: null, clusterPolicies: [{ metadata: { namespace: '' } }] });
  const baseline = 'ingress:\n- {action: Deny, from: [{pods: {namespaceSelector: {}, podSelector: {}}}]}';
  t.match(read('BaselineAdminNetworkPolicy', baseline), { problem: null, clusterPolicies: [{}] });
  const rule =
    '{action: Accept, to: [{domainNames: ["*.example.com"]}], protocols: [{tcp: {destinationPort: {number: 1}}}]}';
  const cluster = `tier: Admin\npriority: 0\negress:\n- ${rule}`;
  t.match(read('ClusterNetworkPolicy', cluster, newest), { problem: null, clusterPolicies: [{}] });
  t.end();
});

t.test('a policy of the same kind of another group is none of these', (t) => {
  const { objects, problems } = parseManifests(
    'apiVersion: crd.antrea.io/v1beta1\nkind: ClusterNetworkPolicy\nmetadata: {name: a}\nspec: {priority: 1.5}',
    'in.yaml',
  );
  t.same([objects, problems], [[], []]);
  t.end();
});

for (const [what, kind, spec, problem, given] of [
  ['an unknown field', 'AdminNetworkPolicy', 'priority: 1\ningres: []', /^7: spec: Unrecognized key: "ingres"/],
  ['a priority that is out of range', 'AdminNetworkPolicy', 'priority: 1001', /^6: spec.priority: .*<=1000/],
  ['a missing priority', 'AdminNetworkPolicy', 'ingress: []', /spec.priority/],
  [
    'an unknown peer field',
    'AdminNetworkPolicy',
    'priority: 1\ningress:\n- action: Allow\n  from:\n  - services: {}',
    /^10: spec.ingress.0.from.0: Unrecognized key/,
  ],
  [
    'two fields in one peer',
    'AdminNetworkPolicy',
    'priority: 1\ningress:\n- action: Allow\n  from:\n  - {namespaces: {}, pods: {}}',
    /^10: spec.ingress.0.from.0/,
  ],
  ['no peers', 'AdminNetworkPolicy', 'priority: 1\ningress:\n- {action: Allow, from: []}', /^8: .*must not be empty/],
  [
    'networks of an ingress rule',
    'AdminNetworkPolicy',
    'priority: 1\ningress:\n- {action: Allow, from: [{networks: [10.0.0.0/8]}]}',
    /Unrecognized key: "networks"/,
  ],
  [
    'a network that is no CIDR',
    'AdminNetworkPolicy',
    'priority: 1\negress:\n- {action: Allow, to: [{networks: [10.0.0.0]}]}',
    /not a CIDR block/,
  ],
  [
    'a range that runs backwards',
    'AdminNetworkPolicy',
    'priority: 1\negress:\n- {action: Deny, to: [{nodes: {}}], ports: [{portRange: {start: 9, end: 8}}]}',
    /start must be below end/,
  ],
  [
    'domain names of a rule that denies',
    'AdminNetworkPolicy',
    'priority: 1\negress:\n- {action: Deny, to: [{domainNames: [example.com]}]}',
    /domainNames can be given only where/,
  ],
  [
    'Pass in the baseline',
    'BaselineAdminNetworkPolicy',
    'ingress:\n- {action: Pass, from: [{namespaces: {}}]}',
    /action/,
  ],
  ['a baseline with a name', 'BaselineAdminNetworkPolicy', 'ingress: []', /named default/, { name: 'other' }],
  [
    'Allow in v1alpha2',
    'ClusterNetworkPolicy',
    'tier: Admin\npriority: 1\ningress:\n- {action: Allow, from: [{namespaces: {}}]}',
    /action/,
    newest,
  ],
  ['a tier that there is not', 'ClusterNetworkPolicy', 'tier: Top\npriority: 1', /^6: spec.tier/, newest],
  [
    'a version that there is not',
    'ClusterNetworkPolicy',
    'tier: Admin\npriority: 1',
    /^1: apiVersion: only/,
    { version: 'v9' },
  ],
] as const) {
  t.test(`${what} is an error with its line`, (t) => {
    const found = read(kind, spec, given);
    t.match(found.problem, problem);
    t.same(found.clusterPolicies, []);
    t.end();
  });
}
