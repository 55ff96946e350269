import fc from 'fast-check';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import type { NetworkPolicy, Policy } from '../../core/kubernetes.ts';
import { parseManifests } from '../../core/manifest.ts';
import { dialects } from '../../policy/print/dialect/all.ts';
import type { DialectName } from '../../policy/print/dialect/dialect.ts';
import { PolicySet } from '../../policy/evaluate/evaluate.ts';
import { printPolicy } from '../../policy/print/print.ts';
import { Printer } from '../../policy/print/printer.ts';
import { calicoNetworkPolicy, calicoStagedNetworkPolicy, ciliumNetworkPolicy } from './dialect-schemas.ts';
import { someNetworkPolicy, someQuery } from './drawn.ts';
import { address, policy } from './peers.ts';

/** Drawn policies that the API server would take. */
const someValidPolicy = someNetworkPolicy.filter(
  (given) => parseManifests(printPolicy(given), 'drawn').problems.length === 0,
);

const outside = { isInCluster: (cidr: string) => cidr.startsWith('10.') };
const name = 'kubernetes.io/metadata.name';

function written(given: NetworkPolicy, dialect: DialectName) {
  const { objects, losses } = dialects[dialect](given, outside);
  return { yaml: new Printer().printAll(objects).yaml, losses };
}

const shop = policy(
  {
    podSelector: { matchLabels: { app: 'cart' } },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      {
        from: [
          { podSelector: { matchLabels: { app: 'web' } } },
          { namespaceSelector: { matchLabels: { [name]: 'data' } }, podSelector: { matchLabels: { app: 'x' } } },
          { ipBlock: { cidr: '203.0.113.0/24' } },
        ],
        ports: [
          { protocol: 'TCP', port: 8080 },
          { protocol: 'UDP', port: 53 },
        ],
      },
    ],
    egress: [{ to: [{ ipBlock: { cidr: '10.96.0.1/32' } }], ports: [{ protocol: 'TCP', port: 80, endPort: 90 }] }],
  },
  'weir-cart',
);

t.test('Cilium: peers of one sort a rule, ports as text, the namespace by its own label', (t) => {
  const { yaml, losses } = written(shop, 'cilium');
  t.equal(
    yaml,
    `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: weir-cart
  namespace: shop
spec:
  endpointSelector:
    matchLabels:
      k8s:app: cart
  ingress:
  - fromEndpoints:
    - matchLabels:
        k8s:app: web
    - matchLabels:
        k8s:app: x
        k8s:io.kubernetes.pod.namespace: data
    toPorts:
    - ports:
      - port: "8080"
        protocol: TCP
      - port: "53"
        protocol: UDP
  - fromCIDR:
    - 203.0.113.0/24
    toPorts:
    - ports:
      - port: "8080"
        protocol: TCP
      - port: "53"
        protocol: UDP
  egress:
  - toCIDR:
    - 10.96.0.1/32
    toPorts:
    - ports:
      - port: "80"
        endPort: 90
        protocol: TCP
`,
  );
  t.match(losses, [{ direction: 'egress', index: 0, reason: /10\.96\.0\.1\/32 holds addresses of the cluster/ }]);
  t.end();
});

t.test('Calico: a rule for each peer and protocol, blocks together', (t) => {
  const { yaml, losses } = written(shop, 'calico');
  t.equal(
    yaml,
    `apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata:
  name: weir-cart
  namespace: shop
spec:
  selector: app == 'cart'
  types:
  - Ingress
  - Egress
  ingress:
${(
  [
    ['TCP', 8080],
    ['UDP', 53],
  ] as const
)
  .map(([protocol, port]) =>
    [
      "      selector: app == 'web'",
      "      namespaceSelector: kubernetes.io/metadata.name == 'data'\n      selector: app == 'x'",
      '      nets:\n      - 203.0.113.0/24',
    ]
      .map(
        (source) =>
          `  - action: Allow\n    protocol: ${protocol}\n    source:\n${source}\n    destination:\n      ports:\n      - ${port}\n`,
      )
      .join(''),
  )
  .join('')}  egress:
  - action: Allow
    protocol: TCP
    destination:
      nets:
      - 10.96.0.1/32
      ports:
      - 80:90
`,
  );
  t.same(losses, []);
  t.match(written(shop, 'calico-staged').yaml, /kind: StagedNetworkPolicy[\s\S]*stagedAction: Set/);
  t.end();
});

t.test('isolation without any rule is isolation in every dialect, and an open direction stays open', (t) => {
  const closed = policy({ podSelector: {}, policyTypes: ['Ingress'] }, 'weir-closed');
  t.match(written(closed, 'cilium').yaml, /endpointSelector: \{\}\n {2}ingress:\n {2}- \{\}\n$/);
  t.match(written(closed, 'calico').yaml, /selector: all\(\)\n {2}types:\n {2}- Ingress\n$/);
  const { yaml } = written(closed, 'cluster-network-policy');
  t.match(
    yaml,
    /name: deny\.weir-closed\.shop[\s\S]*ingress:\n {2}- action: Deny\n {4}from:\n {4}- namespaces: \{\}\n$/,
  );
  t.notMatch(yaml, /egress/);
  t.end();
});

t.test('everything is everything in every dialect', (t) => {
  const open = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] });
  t.match(written(open, 'cilium').yaml, /fromEntities:\n {4}- all\n[\s\S]*toEntities:\n {4}- all\n/);
  t.match(written(open, 'calico').yaml, /ingress:\n {2}- action: Allow\n {2}egress:\n {2}- action: Allow\n/);
  t.end();
});

t.test('what Cilium, Calico and ClusterNetworkPolicy get is valid there, whatever the policy', (t) => {
  const read = (yaml: string) => parseAllDocuments(yaml).map((document): unknown => document.toJS());
  fc.assert(
    fc.property(someValidPolicy, (given) => {
      ciliumNetworkPolicy.parse(read(written(given, 'cilium').yaml)[0]);
      calicoNetworkPolicy.parse(read(written(given, 'calico').yaml)[0]);
      calicoStagedNetworkPolicy.parse(read(written(given, 'calico-staged').yaml)[0]);
      const { objects, problems } = parseManifests(written(given, 'cluster-network-policy').yaml, 'printed');
      return problems.length === 0 && objects.length > 0;
    }),
    { seed: 40, numRuns: 400 },
  );
  t.end();
});

t.test('many peers and ports are split as the dialects want it', (t) => {
  const many = policy({
    podSelector: {},
    policyTypes: ['Egress'],
    egress: [
      {
        to: Array.from({ length: 300 }, (_, i) => ({ ipBlock: { cidr: `203.0.${i >> 8}.${i & 255}/32` } })),
        ports: Array.from({ length: 120 }, (_, i) => ({ port: i * 2 + 1 })),
      },
    ],
  });
  const objects = (dialect: DialectName) => parseAllDocuments(written(many, dialect).yaml).map((each) => each.toJS());
  ciliumNetworkPolicy.parse(objects('cilium')[0]);
  calicoNetworkPolicy.parse(objects('calico')[0]);
  const { objects: read, problems } = parseManifests(written(many, 'cluster-network-policy').yaml, 'printed');
  t.same(problems, []);
  const names = read.map(({ object }) => object.metadata.name);
  t.equal(new Set(names).size, names.length);
  const set = new PolicySet(read.map(({ object }) => object as Policy));
  const client = {
    type: 'pod',
    namespace: 'shop',
    name: 'p',
    labels: {},
    namespaceLabels: { [name]: 'shop' },
  } as const;
  const peer = { ...client, addresses: [], ports: [], hostNetwork: false, nodeName: null };
  const decide = (to: string, port: number) =>
    set.decide({ client: peer, server: address(to), protocol: 'TCP', port }).egress.decision;
  t.equal(decide('203.0.1.43', 239), 'allowed', 'the last peer and the last port');
  t.equal(decide('203.0.1.44', 239), 'denied');
  t.equal(decide('203.0.1.43', 240), 'denied');
  t.end();
});

for (const dialect of ['network-policy', 'cluster-network-policy'] as const) {
  t.test(`read back from ${dialect}, policies decide the same about pods`, (t) => {
    let compared = 0;
    fc.assert(
      fc.property(someValidPolicy, fc.array(someQuery, { minLength: 30, maxLength: 30 }), (given, queries) => {
        const { objects, problems } = parseManifests(written(given, dialect).yaml, 'printed');
        if (problems.length > 0) throw new Error(JSON.stringify(problems));
        const [before, after] = [new PolicySet([given]), new PolicySet(objects.map(({ object }) => object as Policy))];
        const rules = [...(given.spec.ingress ?? []), ...(given.spec.egress ?? [])];
        const peers = rules.flatMap((rule) => ('from' in rule ? rule.from : 'to' in rule ? rule.to : undefined) ?? []);
        // Blocks match pods in one kind for certain, and in the other by our reading; ingress cannot name them at all.
        const isPlain = peers.every(({ ipBlock }) => ipBlock === undefined);
        for (const query of queries) {
          const { client, server, protocol } = query;
          const arePods = client.type === 'pod' && server.type === 'pod' && !client.hostNetwork && !server.hostNetwork;
          if (dialect === 'cluster-network-policy' && (!isPlain || !arePods || protocol.startsWith('ICMP'))) continue;
          compared++;
          const [was, is] = [before.decide(query), after.decide(query)];
          if (was.decision !== is.decision) {
            throw new Error(`${JSON.stringify(query)}: ${was.decision}, then ${is.decision}`);
          }
        }
      }),
      { seed: 41, numRuns: 500 },
    );
    t.ok(compared > 1000, `${compared} were compared`);
    t.end();
  });
}

t.test('losses of ClusterNetworkPolicy name what is left out', (t) => {
  const { losses } = written(shop, 'cluster-network-policy');
  const reasons = losses.map(({ reason }) => reason).join('\n');
  t.match(reasons, /a NetworkPolicy selects is decided by that alone/);
  t.match(reasons, /from outside the cluster is not decided by this kind of policy/);
  t.match(reasons, /own node is denied as well/);
  t.end();
});
