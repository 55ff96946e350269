import t from 'tap';
import type { Edge } from '../../core/edge.ts';
import { generate } from '../../policy/generate/generate.ts';
import { cluster, deploy, edge, external, workload } from './clusters.ts';

const coredns = deploy('coredns', {
  namespace: 'kube-system',
  labels: { 'k8s-app': 'kube-dns' },
  ports: [
    { name: 'dns', containerPort: 5353, protocol: 'UDP' },
    { name: 'dns-tcp', containerPort: 5353, protocol: 'TCP' },
  ],
});
const service = {
  kind: 'Service',
  metadata: { name: 'kube-dns', namespace: 'kube-system' },
  spec: {
    selector: { 'k8s-app': 'kube-dns' },
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP', targetPort: 'dns' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 'dns-tcp' },
      { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
    ],
  },
};
const shop = cluster(deploy('web'), coredns, [service], deploy('nodelocaldns', { namespace: 'kube-system' }));
const dns = workload('kube-system/Deployment/coredns');

function generated(...edges: Edge[]) {
  return generate({
    cluster: shop,
    edges,
    scope: { namespace: null, workload: null },
    directions: ['ingress', 'egress'],
  });
}

function portsOf(name: string, ...edges: Edge[]) {
  const spec = generated(...edges).policies.find((each) => each.workload.name === name)?.policy.spec;
  return (spec?.egress ?? spec?.ingress)?.flatMap(({ ports = [] }) =>
    ports.map((each) => `${each.protocol} ${each.port}`),
  );
}

t.test('DNS is allowed over UDP and TCP at both ends, on the port that the pods answer on', (t) => {
  const asked = edge('web', dns, 5353, { protocol: 'UDP' });
  t.same(portsOf('web', asked), ['TCP 5353', 'UDP 5353']);
  t.same(portsOf('coredns', asked), ['TCP 5353', 'UDP 5353']);
  t.same(portsOf('web', edge('web', dns, 5353)), ['TCP 5353', 'UDP 5353']);
  t.end();
});

t.test('the protocol that was not seen is noted', (t) => {
  const { policies } = generated(edge('web', dns, 5353, { protocol: 'UDP' }));
  const notes = policies.find((each) => each.workload.name === 'web')?.notes ?? [];
  t.ok(notes.some((note) => note.startsWith('egress[0] allows DNS over TCP 5353 as well')));
  const both = generated(edge('web', dns, 5353, { protocol: 'UDP' }), edge('web', dns, 5353));
  t.notOk(both.policies.flatMap((each) => each.notes).some((note) => note.includes('as well')));
  t.end();
});

t.test('another port of the DNS server is a port like any other', (t) => {
  t.same(portsOf('web', edge('web', dns, 9153)), ['TCP 9153']);
  t.end();
});

t.test('port 53 of any workload of kube-system is DNS', (t) => {
  const local = workload('kube-system/Deployment/nodelocaldns');
  t.same(portsOf('web', edge('web', local, 53, { protocol: 'UDP' })), ['TCP 53', 'UDP 53']);
  t.end();
});

t.test('DNS elsewhere is not widened', (t) => {
  t.same(portsOf('web', edge('web', external('198.51.100.53'), 53, { protocol: 'UDP' })), ['UDP 53']);
  t.end();
});

t.test('DNS is allowed to its server by its pods, not by the Service and not to everyone', (t) => {
  const { policies } = generated(edge('web', dns, 5353, { protocol: 'UDP' }));
  t.same(policies.find((each) => each.workload.name === 'web')?.policy.spec.egress?.[0]?.to, [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ]);
  t.end();
});
