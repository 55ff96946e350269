import t from 'tap';
import type { Edge } from '../../core/edge.ts';
import type { ClusterSnapshot, NetworkPolicy } from '../../core/kubernetes.ts';
import { replay } from '../../policy/replay/replay.ts';
import { cluster, deploy, edge, external, workload } from './clusters.ts';
import { policy } from './peers.ts';

const shop = cluster(deploy('web'), deploy('cart'), deploy('ads'));
const onlyWebToCart = policy(
  {
    podSelector: { matchLabels: { app: 'cart' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }],
  },
  'cart',
);

function run(edges: readonly Edge[], policies: readonly NetworkPolicy[] = [onlyWebToCart], of: ClusterSnapshot = shop) {
  return replay({ cluster: of, policies, edges });
}

t.test('every edge is counted once', (t) => {
  const edges = [
    edge('web', 'cart', 80),
    edge('web', 'cart', 81, { verdict: 'refused' }),
    edge('ads', 'cart', 80),
    edge('ads', 'cart', 81, { verdict: 'dropped' }),
    edge('ads', 'cart', 82, { verdict: 'refused' }),
    edge('ads', 'cart', 83, { verdict: 'unanswered' }),
    edge('web', 'cart', 84, { verdict: 'dropped' }),
    edge('ads', 'cart', 2048, { protocol: 'ICMP' }),
  ];
  const { findings, ...counts } = run(edges);
  t.same(counts, { flows: 8, allowed: 2, denied: 1, depends: 1, newlyAllowed: 1, stillDenied: 3 });
  t.same(
    findings.map(({ edge: found, decision }) => [found.port, decision]),
    [
      [80, 'denied'],
      [2048, 'depends'],
      [84, 'allowed'],
    ],
  );
  t.end();
});

t.test('a finding names the direction and the policy that decided', (t) => {
  t.match(run([edge('ads', 'cart', 80)]).findings, [
    {
      decision: 'denied',
      direction: 'ingress',
      because: 'The pod is isolated for ingress (shop/cart), and no rule allows this.',
    },
  ]);
  const closed = policy({ podSelector: {}, policyTypes: ['Egress'] }, 'closed');
  t.match(run([edge('ads', 'web', 80)], [closed]).findings, [{ direction: 'egress', because: /shop\/closed/ }]);
  t.match(run([edge('web', 'cart', 84, { verdict: 'dropped' })]).findings, [
    { decision: 'allowed', because: 'NetworkPolicy shop/cart allows it at spec.ingress[0].from[0].' },
  ]);
  t.end();
});

t.test('UDP that nobody answered and nobody dropped counts as traffic that is needed', (t) => {
  t.equal(run([edge('ads', 'cart', 8125, { protocol: 'UDP', verdict: 'unanswered' })]).denied, 1);
  t.equal(run([edge('ads', 'cart', 8125, { protocol: 'UDP', verdict: 'dropped' })]).stillDenied, 1);
  t.end();
});

t.test('ICMP depends on the network plugin where any policy isolates an end, and passes where none does', (t) => {
  const closed = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  for (const protocol of ['ICMP', 'ICMPv6'] as const) {
    for (const verdict of ['forwarded', 'dropped', 'refused', 'unanswered'] as const) {
      const ping = [edge('ads', 'cart', 2048, { protocol, verdict })];
      t.match(run(ping, [closed]), { depends: 1, denied: 0, findings: [{ because: /left to the network plugin/ }] });
      t.match(run(ping, [onlyWebToCart]), { depends: 1 }, 'isolated at one end only');
    }
    t.match(run([edge('ads', 'web', 2048, { protocol })]), { allowed: 1, findings: [] }, 'no policy is near it');
  }
  t.end();
});

t.test('a policy for SCTP lets SCTP through and nothing else', (t) => {
  const diameter = policy({ podSelector: {}, ingress: [{ ports: [{ protocol: 'SCTP', port: 3868 }] }] });
  t.equal(run([edge('web', 'cart', 3868, { protocol: 'SCTP' })], [diameter]).allowed, 1);
  t.equal(run([edge('web', 'cart', 3868)], [diameter]).denied, 1);
  t.equal(run([edge('web', 'cart', 3869, { protocol: 'SCTP' })], [diameter]).denied, 1);
  t.end();
});

t.test('where the pods of a workload differ the worst decision counts', (t) => {
  const mixed = cluster(
    deploy('web', { pods: [{ app: 'web' }, { app: 'web', old: 'yes' }, { app: 'renamed' }] }),
    deploy('cart'),
  );
  t.equal(run([edge('web', 'cart', 80)], [onlyWebToCart], mixed).denied, 1);
  const alike = cluster(deploy('web', { pods: [{ app: 'web' }, { app: 'web', old: 'yes' }] }), deploy('cart'));
  t.equal(run([edge('web', 'cart', 80)], [onlyWebToCart], alike).allowed, 1);
  t.end();
});

t.test('a named port is looked up on each pod of a workload', (t) => {
  const byName = policy({ podSelector: { matchLabels: { app: 'cart' } }, ingress: [{ ports: [{ port: 'http' }] }] });
  const named = cluster(deploy('web'), deploy('cart', { ports: [{ name: 'http', containerPort: 80 }] }));
  t.equal(run([edge('web', 'cart', 80)], [byName], named).allowed, 1);
  t.equal(run([edge('web', 'cart', 81)], [byName], named).denied, 1);
  t.end();
});

t.test('a workload without pods is decided by its template', (t) => {
  const resting = cluster(deploy('report', { kind: 'CronJob', pods: [] }), deploy('cart'));
  t.equal(run([edge('shop/CronJob/report', 'cart', 80)], [onlyWebToCart], resting).denied, 1);
  const asWeb = cluster(deploy('report', { kind: 'CronJob', labels: { app: 'web' }, pods: [] }), deploy('cart'));
  t.equal(run([edge('shop/CronJob/report', 'cart', 80)], [onlyWebToCart], asWeb).allowed, 1);
  t.end();
});

t.test('the pods of one workload do not reach each other just because a pod reaches itself', (t) => {
  const closed = policy({ podSelector: {}, policyTypes: ['Ingress'] });
  t.equal(run([edge('cart', 'cart', 7000)], [closed]).denied, 1);
  const alone = cluster([{ kind: 'Pod', metadata: { name: 'p', namespace: 'shop', labels: { app: 'p' } } }]);
  t.equal(run([edge('shop/Pod/p', 'shop/Pod/p', 80)], [closed], alone).allowed, 1, 'but a pod without owner is one');
  t.end();
});

t.test('pods that only their addresses tell apart are told apart where a policy looks at addresses', (t) => {
  const at = (name: string, podIP: string) => ({
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      labels: { app: 'x' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'x', uid: 'u' }],
    },
    status: { podIP },
  });
  const two = cluster([at('a', '10.0.0.1'), at('b', '10.0.1.1')], deploy('cart'));
  const block = (cidr: string) =>
    policy({ podSelector: { matchLabels: { app: 'cart' } }, ingress: [{ from: [{ ipBlock: { cidr } }] }] });
  t.equal(run([edge('shop/ReplicaSet/x', 'cart', 80)], [block('10.0.0.0/24')], two).denied, 1);
  t.equal(run([edge('shop/ReplicaSet/x', 'cart', 80)], [block('10.0.0.0/16')], two).allowed, 1);
  t.end();
});

t.test('the node of every pod may reach it, another node may or may not', (t) => {
  const node = (name: string) => ({ type: 'node' as const, name });
  t.equal(run([edge(node('n1'), 'cart', 80)]).allowed, 1, 'kubelet probes');
  t.match(run([edge(node('n2'), 'cart', 80)]).findings, [{ decision: 'depends', because: /node's own traffic/ }]);
  t.end();
});

t.test('pods on other nodes are told apart for the traffic of a node', (t) => {
  const on = (name: string, nodeName: string) => ({
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      labels: { app: 'cart' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'cart', uid: 'u' }],
    },
    spec: { nodeName },
  });
  const spread = cluster([on('a', 'n1'), on('b', 'n2')]);
  const probes = [edge({ type: 'node', name: 'n1' }, 'shop/ReplicaSet/cart', 80)];
  t.equal(run(probes, [onlyWebToCart], spread).depends, 1, 'the pod on n2 may have been the one');
  t.equal(run(probes, [onlyWebToCart], cluster([on('a', 'n1'), on('b', 'n1')])).allowed, 1);
  t.end();
});

t.test('external and unresolved ends are their addresses', (t) => {
  const block = policy({
    podSelector: { matchLabels: { app: 'web' } },
    policyTypes: ['Egress'],
    egress: [{ to: [{ ipBlock: { cidr: '203.0.113.0/24' } }] }],
  });
  t.equal(run([edge('web', external('203.0.113.7'), 443)], [block]).allowed, 1);
  t.equal(run([edge('web', external('198.51.100.7'), 443)], [block]).denied, 1);
  const lost = { type: 'unresolved', address: '10.9.9.9', reason: 'pod-cidr' } as unknown as ReturnType<
    typeof external
  >;
  t.equal(run([edge('web', lost, 443)], [block]).denied, 1);
  t.end();
});

t.test('a Service without one workload and a workload that is gone are open, not errors', (t) => {
  const closed = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  const service = { type: 'service' as const, namespace: 'default', name: 'kubernetes' };
  t.match(run([edge('web', service, 443)], [closed]).findings, [{ decision: 'depends', because: /Service/ }]);
  const gone = workload('shop/Deployment/gone');
  t.match(run([edge(gone, 'cart', 443)]).findings, [{ decision: 'depends', because: /no longer in the cluster/ }]);
  t.equal(run([edge(gone, 'cart', 443)], []).allowed, 1);
  t.end();
});

t.test('findings come in the same order however the edges came', (t) => {
  const edges = [edge('ads', 'cart', 80), edge('ads', 'cart', 2048, { protocol: 'ICMP' }), edge('ads', 'cart', 443)];
  t.same(run(edges), run(edges.toReversed()));
  t.end();
});

t.test('no policies and no edges are answers too', (t) => {
  t.equal(run([edge('ads', 'cart', 80)], []).allowed, 1);
  t.match(run([]), { flows: 0, findings: [] });
  t.end();
});
