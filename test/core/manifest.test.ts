import t from 'tap';
import { type NetworkPolicy, type Pod, podAddresses } from '../../core/kubernetes.ts';
import { parseManifests, snapshotOf } from '../../core/manifest.ts';

function read(text: string) {
  return parseManifests(text, 'in.yaml');
}

function policy(spec: string): string {
  const lines = spec.split('\n').map((line) => `  ${line}`);
  return `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: p\nspec:\n${lines.join('\n')}\n`;
}

t.test('items of a typed List take the kind that their list implies', (t) => {
  const { objects, problems } = read(`
apiVersion: v1
kind: PodList
items:
- metadata: {name: a, namespace: shop}
- metadata: {name: b, namespace: shop}
`);
  t.same(problems, []);
  t.same(
    objects.map(({ object, line }) => [object.kind, object.metadata.name, line]),
    [
      ['Pod', 'a', 5],
      ['Pod', 'b', 6],
    ],
  );
  t.end();
});

t.test('a List may hold several kinds, and Lists', (t) => {
  const { objects } = read(`
kind: List
items:
- {kind: Namespace, metadata: {name: shop}}
- kind: List
  items:
  - {kind: Pod, metadata: {name: a}}
`);
  t.same(
    objects.map(({ object }) => object.kind),
    ['Namespace', 'Pod'],
  );
  t.end();
});

t.test('JSON is read like YAML', (t) => {
  const { objects, problems } = read('{"kind": "Pod", "metadata": {"name": "a", "labels": {"app": "x"}}, "spec": {}}');
  t.same(problems, []);
  t.same(objects[0]?.object.metadata.labels, { app: 'x' });
  t.end();
});

t.test('documents of one text keep their own lines, and empty ones are left out', (t) => {
  const { objects, problems } = read(
    '---\n# only a comment\n---\nkind: Pod\nmetadata: {name: a}\n---\n\n---\nkind: Pod\nmetadata: {name: b}\n',
  );
  t.same(problems, []);
  t.same(
    objects.map(({ object, line }) => [object.metadata.name, line]),
    [
      ['a', 4],
      ['b', 9],
    ],
  );
  t.end();
});

t.test('null means absent wherever kubectl prints it', (t) => {
  const { objects, problems } = read(`
kind: Pod
metadata: {name: a, labels: null, annotations: null, ownerReferences: null, creationTimestamp: null}
spec: {nodeName: null, hostNetwork: null, containers: [{name: c, ports: null}]}
status: null
`);
  t.same(problems, []);
  const pod = objects[0]?.object as Pod;
  t.same(pod.metadata.labels, {});
  t.same(pod.metadata.ownerReferences, []);
  t.equal(pod.spec.hostNetwork, undefined);
  t.same(pod.status, {});
  t.end();
});

t.test('a pod has each of its addresses once, whichever of its fields states them', (t) => {
  const statuses = [
    '{podIP: 10.1.0.1, podIPs: [{ip: 10.1.0.1}]}',
    '{podIP: 10.1.0.1}',
    '{podIP: 10.1.0.1, podIPs: [{ip: 10.1.0.1}, {ip: "fd00::1"}]}',
    '{podIPs: [{ip: 10.1.0.1}, {ip: "fd00::1"}]}',
    '{podIPs: null}',
  ];
  const pods = statuses.map((status) => read(`{kind: Pod, metadata: {name: a}, status: ${status}}`).objects[0]?.object);
  t.strictSame(
    pods.map((pod) => podAddresses(pod as Pod)),
    [['10.1.0.1'], ['10.1.0.1'], ['10.1.0.1', 'fd00::1'], ['10.1.0.1', 'fd00::1'], []],
  );
  t.equal((pods[0] as Pod).status.podIPs, undefined, 'what podIP says is not held twice');
  t.end();
});

t.test('an object that names no namespace is in default, and a Namespace is in none', (t) => {
  const { objects } = read(
    '{kind: Pod, metadata: {name: a}}\n---\n{kind: Namespace, metadata: {name: b, namespace: x}}\n',
  );
  t.same(
    objects.map(({ object }) => object.metadata.namespace),
    ['default', ''],
  );
  t.end();
});

t.test('kinds without use are passed over, also a NetworkPolicy of an unknown group', (t) => {
  const { objects, problems } = read(`
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
---
{apiVersion: example.org/v1, kind: NetworkPolicy, metadata: {name: b}, spec: {selector: all()}}
`);
  t.same(objects, []);
  t.same(problems, []);
  t.end();
});

t.test('policies of other kinds are kept as they are, apart from NetworkPolicy', (t) => {
  const { objects, problems } = read(`
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {podSelector: {}}}
---
{apiVersion: crd.projectcalico.org/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {selector: all()}}
---
{apiVersion: crd.projectcalico.org/v1, kind: GlobalNetworkPolicy, metadata: {name: g}, spec: {order: 1}}
---
{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: c, namespace: shop}, specs: [{}], status: {}}
---
{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy, metadata: {name: n}, spec: {priority: 5}}
---
{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {}}
`);
  t.match(problems, [{ object: 'CiliumNetworkPolicy (no name)' }]);
  const { networkPolicies, otherPolicies } = snapshotOf(objects.map(({ object }) => object));
  t.match(networkPolicies, [{ spec: { podSelector: {} } }]);
  t.match(
    otherPolicies.map(({ kind, metadata, body }) => [kind, metadata.namespace, metadata.name, body]),
    [
      ['NetworkPolicy', 'default', 'a', { spec: { selector: 'all()' } }],
      ['GlobalNetworkPolicy', '', 'g', { spec: { order: 1 } }],
      ['CiliumNetworkPolicy', 'shop', 'c', { specs: [{}] }],
      ['CiliumClusterwideNetworkPolicy', '', 'n', { spec: { priority: 5 } }],
    ],
  );
  t.notOk('status' in (otherPolicies[2]?.body ?? {}));
  t.end();
});

t.test('a policy that Calico shows in two groups counts once', (t) => {
  const twins = ['crd.projectcalico.org/v1', 'projectcalico.org/v3'].map(
    (group) => `{apiVersion: ${group}, kind: GlobalNetworkPolicy, metadata: {name: g}, spec: {}}`,
  );
  const { objects } = read(twins.join('\n---\n'));
  const { otherPolicies } = snapshotOf(objects.map(({ object }) => object));
  t.same(
    otherPolicies.map(({ apiVersion }) => apiVersion),
    ['projectcalico.org/v3'],
  );
  t.end();
});

t.test('a problem names the line of the part that is wrong, and the rest is read', (t) => {
  const { objects, problems } = read(`kind: Pod
metadata: {name: a, namespace: shop}
spec:
  containers:
  - name: c
    ports:
    - containerPort: 99999
---
kind: Pod
metadata: {name: b}
`);
  t.match(problems, [
    {
      source: 'in.yaml',
      line: 7,
      object: 'Pod shop/a',
      message: /^spec\.containers\.0\.ports\.0\.containerPort: /,
    },
  ]);
  t.equal(problems.length, 1);
  t.same(
    objects.map(({ object }) => object.metadata.name),
    ['b'],
  );
  t.end();
});

t.test('an unknown field of a NetworkPolicy is a problem at its own line', (t) => {
  const { objects, problems } = read(policy('podSelector: {}\ningress:\n- from:\n  - podSelecter: {}\n'));
  t.same(objects, []);
  t.match(problems, [{ line: 9, object: 'NetworkPolicy p', message: /podSelecter/ }]);
  t.end();
});

t.test('a NetworkPolicy that the API server would refuse is refused', (t) => {
  const refused: Record<string, [spec: string, message: RegExp]> = {
    'peer of nothing': ['ingress: [{from: [{}]}]', /a peer needs/],
    'peer of null': ['ingress: [{from: [{podSelector: null}]}]', /a peer needs/],
    'ipBlock beside a selector': [
      'ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]',
      /stands alone/,
    ],
    'no CIDR': ['ingress: [{from: [{ipBlock: {cidr: 10.0.0.1}}]}]', /CIDR/],
    'except outside': ['ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/9]}}]}]', /within/],
    'except of all': ['ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]', /within/],
    'port 0': ['ingress: [{ports: [{port: 0}]}]', /port/],
    'a number as a name': ['ingress: [{ports: [{port: "80"}]}]', /name of a container port/],
    'endPort below port': ['ingress: [{ports: [{port: 80, endPort: 79}]}]', /endPort/],
    'endPort of a name': ['ingress: [{ports: [{port: http, endPort: 90}]}]', /endPort/],
    'unknown protocol': ['ingress: [{ports: [{protocol: ICMP}]}]', /protocol/],
    'In without values': [
      'egress: [{to: [{podSelector: {matchExpressions: [{key: a, operator: In}]}}]}]',
      /need values/,
    ],
    'Exists with values': [
      'egress: [{to: [{podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}]}]',
      /take none/,
    ],
    'label that is no text': ['egress: [{to: [{podSelector: {matchLabels: {a: 1}}}]}]', /matchLabels/],
  };
  for (const [what, [spec, message]] of Object.entries(refused)) {
    const { objects, problems } = read(policy(`podSelector: {}\n${spec}`));
    t.equal(objects.length, 0, what);
    t.match(problems[0]?.message, message, what);
  }
  t.end();
});

t.test('nil and empty lists of a NetworkPolicy stay what they are', (t) => {
  const { objects, problems } = read(policy('podSelector:\ningress:\n-\n- from: []\n  ports:\n- {}\n'));
  t.same(problems, []);
  const policyRead = objects[0]?.object as NetworkPolicy | undefined;
  t.same(policyRead?.spec.podSelector, {});
  t.equal(policyRead?.spec.ingress?.length, 3);
  t.same(policyRead?.spec.ingress?.[1]?.from, []);
  t.equal(policyRead?.spec.ingress?.[1]?.ports, undefined);
  t.end();
});

t.test('a List item that is no object is a problem', (t) => {
  t.match(read('kind: List\nitems:\n- {kind: Pod, metadata: {name: a}}\n- 7\n').problems, [
    { line: 4, message: 'not a Kubernetes object' },
  ]);
  t.end();
});

t.test('text that is no manifest is a problem, never an exception', (t) => {
  t.match(read('- 1\n- 2\n').problems, [{ line: 1, message: 'not a Kubernetes object' }]);
  t.match(read('just text').problems, [{ message: 'not a Kubernetes object' }]);
  t.match(read('a: [1\nb: 2').problems, [{ object: 'document' }]);
  t.match(read('metadata: {name: a}\n').problems, [{ message: 'kind is missing', object: 'object without kind a' }]);
  t.match(read('kind: Pod\nkind: Node\n').problems, [{ line: 2, message: '"kind" is given twice' }]);
  t.match(read('kind: Pod\nmetadata: *nowhere\n').problems, [{ object: 'document' }]);
  t.same(read(''), { objects: [], problems: [] });
  t.end();
});

t.test('aliases that unfold without bound are refused', (t) => {
  const levels = Array.from({ length: 30 }, (_, level) => {
    const before = level === 0 ? 'x' : `*a${level - 1}`;
    return `l${level}: &a${level} [${Array.from({ length: 9 }, () => before).join(', ')}]`;
  });
  const { objects, problems } = read(`kind: Pod\n${levels.join('\n')}\n`);
  t.same(objects, []);
  t.match(problems, [{ object: 'document', message: /alias/i }]);
  t.end();
});

t.test('text that is nested deeper than any stack is refused', (t) => {
  const { objects, problems } = read(`kind: Pod\nmetadata: ${'['.repeat(200_000)}`);
  t.same(objects, []);
  t.match(problems, [{ object: 'document' }]);
  t.end();
});

t.test('a mapping of very many keys is read in time that is linear in them', (t) => {
  const keys = Array.from({ length: 30_000 }, (_, index) => `    k${index}: v`);
  const started = performance.now();
  const { objects } = read(`kind: Pod\nmetadata:\n  name: a\n  labels:\n${keys.join('\n')}\n`);
  t.equal(Object.keys(objects[0]?.object.metadata.labels ?? {}).length, 30_000);
  t.ok(performance.now() - started < 20_000);
  t.end();
});

t.test('merge keys are unfolded as kubectl does', (t) => {
  const { objects } = read(
    'kind: Pod\nmetadata:\n  name: a\n  annotations: &x {app: y}\n  labels: {<<: *x, tier: z}\n',
  );
  t.same(objects[0]?.object.metadata.labels, { app: 'y', tier: 'z' });
  t.end();
});

t.test('of two objects of one kind and name the later one stands', (t) => {
  const { objects } = read(
    '{kind: Pod, metadata: {name: a, labels: {v: "1"}}}\n---\n{kind: Pod, metadata: {name: a, labels: {v: "2"}}}\n---\n{kind: Deployment, metadata: {name: a}, spec: {template: {metadata: {labels: {app: a}}}}}\n',
  );
  const cluster = snapshotOf(objects.map(({ object }) => object));
  t.same(
    cluster.pods.map((pod) => pod.metadata.labels),
    [{ v: '2' }],
  );
  t.same(cluster.controllers[0]?.template?.metadata.labels, { app: 'a' });
  t.end();
});
