import t from 'tap';
import type { NetworkPolicy } from '../../core/kubernetes.ts';
import { parseManifests } from '../../core/manifest.ts';
import { printPolicies, printPolicy } from '../../policy/print/print.ts';
import { policy } from './peers.ts';

const full: NetworkPolicy = {
  ...policy({
    egress: [{}],
    ingress: [
      {
        ports: [
          { endPort: 90, port: 80, protocol: 'TCP' },
          { port: 'dns', protocol: 'UDP' },
        ],
        from: [
          { podSelector: { matchLabels: { b: 'y', a: 'x' } }, namespaceSelector: {} },
          { ipBlock: { except: ['10.1.0.0/16'], cidr: '10.0.0.0/8' } },
          { podSelector: { matchExpressions: [{ values: ['x'], operator: 'In', key: 'a' }] } },
        ],
      },
    ],
    policyTypes: ['Ingress', 'Egress'],
    podSelector: {},
  }),
};

t.test('a policy is printed with its keys in the usual order', (t) => {
  t.equal(
    printPolicy(full),
    `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: p
  namespace: shop
spec:
  podSelector: {}
  policyTypes:
  - Ingress
  - Egress
  ingress:
  - from:
    - namespaceSelector: {}
      podSelector:
        matchLabels:
          a: x
          b: "y"
    - ipBlock:
        cidr: 10.0.0.0/8
        except:
        - 10.1.0.0/16
    - podSelector:
        matchExpressions:
        - key: a
          operator: In
          values:
          - x
    ports:
    - protocol: TCP
      port: 80
      endPort: 90
    - protocol: UDP
      port: dns
  egress:
  - {}
`,
  );
  t.end();
});

t.test('what is printed reads back as the same policy', (t) => {
  const { objects, problems } = parseManifests(printPolicy(full), 'printed');
  t.same(problems, []);
  t.equal(printPolicy(objects[0]?.object as NetworkPolicy), printPolicy(full));
  t.match((objects[0]?.object as NetworkPolicy | undefined)?.spec, full.spec);
  t.end();
});

t.test('values that YAML 1.1 would take for something else are quoted', (t) => {
  const values = ['yes', 'on', 'n', 'null', '~', '012', '1e3', '1_000', '0x1f', '12:30:45', 'true', '', '<<'];
  for (const value of values) {
    const printed = printPolicy(policy({ podSelector: { matchLabels: { app: value } } }));
    t.match(printed, new RegExp(`app: (["'])${value}\\1\\n`), value);
  }
  t.end();
});

t.test('nil and empty stay apart in print', (t) => {
  t.notMatch(printPolicy(policy({ podSelector: {} })), /ingress|egress|policyTypes/);
  t.match(printPolicy(policy({ podSelector: {}, ingress: [] })), / {2}ingress: \[\]\n/);
  t.end();
});

t.test('several policies make one stream, and none makes nothing', (t) => {
  const stream = printPolicies([full, policy({ podSelector: {} }, 'q')]);
  const { objects } = parseManifests(stream, 'stream');
  t.same(
    objects.map(({ object }) => object.metadata.name),
    ['p', 'q'],
  );
  t.equal(printPolicies([]), '');
  t.end();
});
