import t from 'tap';
import type { ContainerPort } from '../../core/kubernetes.ts';
import { generate } from '../../policy/generate/generate.ts';
import type { GenerateOptions } from '../../policy/generate/generate-options.ts';
import { namesServiceAddresses } from '../../policy/generate/service-rules.ts';
import { cluster, deploy, edge, workload } from './clusters.ts';

const http = (containerPort: number): ContainerPort[] => [{ name: 'http', containerPort }];

function service(name: string, namespace: string, spec: object, labels: object = {}): object[] {
  return [{ kind: 'Service', metadata: { name, namespace, labels }, spec }];
}

function rulesOf(
  objects: readonly (readonly object[])[],
  edges: Parameters<typeof generate>[0]['edges'],
  options: Partial<GenerateOptions>,
) {
  const { policies } = generate({
    cluster: cluster(...objects),
    edges,
    scope: { namespace: null, workload: { namespace: 'shop', kind: 'Deployment', name: 'web' } },
    directions: ['egress'],
    options,
  });
  return { egress: policies[0]?.policy.spec.egress, notes: policies[0]?.notes };
}

t.test('a port is named where all pods that the rule reaches agree on the name', (t) => {
  const named = [deploy('web'), deploy('cart', { ports: http(8080) })];
  const asked = [edge('web', 'cart', 8080)];
  const options = { namedPorts: true };
  t.same(rulesOf(named, asked, options).egress?.[0]?.ports, [{ protocol: 'TCP', port: 'http' }]);
  t.same(rulesOf(named, asked, {}).egress?.[0]?.ports, [{ protocol: 'TCP', port: 8080 }]);
  const labels = { app: 'cart' };
  const twin = deploy('cart2', { labels, ports: http(9090) });
  t.same(
    rulesOf([...named, twin], asked, options).egress?.[0]?.ports,
    [{ protocol: 'TCP', port: 8080 }],
    'a workload that no label tells apart calls another port so',
  );
  const twice = [...http(8080), { name: 'http', containerPort: 8081 }];
  t.same(rulesOf([deploy('web'), deploy('cart', { ports: twice })], asked, options).egress?.[0]?.ports, [
    { protocol: 'TCP', port: 8080 },
  ]);
  t.end();
});

t.test('where a plugin looks before translation, the Service is named besides, on its own port', (t) => {
  const spec = {
    clusterIPs: ['10.96.0.9', 'fd00::9'],
    selector: { app: 'cart' },
    ports: [{ port: 80, targetPort: 8080 }],
  };
  const objects = [deploy('web'), deploy('cart'), service('front', 'shop', spec)];
  const asked = [{ ...edge('web', 'cart', 8080), services: [{ namespace: 'shop', name: 'front' }] }];
  t.same(rulesOf(objects, asked, {}).egress?.length, 1);
  t.same(rulesOf(objects, asked, { serviceAddresses: true }).egress, [
    { to: [{ podSelector: { matchLabels: { app: 'cart' } } }], ports: [{ protocol: 'TCP', port: 8080 }] },
    {
      to: [{ ipBlock: { cidr: '10.96.0.9/32' } }, { ipBlock: { cidr: 'fd00::9/128' } }],
      ports: [{ protocol: 'TCP', port: 80 }],
    },
  ]);
  const headless = service('front', 'shop', { ...spec, clusterIPs: ['None'] });
  const rules = rulesOf([deploy('web'), deploy('cart'), headless], asked, { serviceAddresses: true });
  t.equal(rules.egress?.length, 1, 'a headless Service has no address');
  t.end();
});

t.test('settings decide over what is known of the plugins', (t) => {
  t.equal(namesServiceAddresses('by-plugin', ['calico', 'aws-vpc']), true);
  t.equal(namesServiceAddresses('by-plugin', ['calico', 'cilium']), false);
  t.equal(namesServiceAddresses('targets', ['aws-vpc']), false);
  t.equal(namesServiceAddresses('addresses', []), true);
  t.end();
});

const dnsSpec = { clusterIP: '10.96.0.10', ports: [{ port: 53, protocol: 'UDP', targetPort: 5353 }] };

t.test('with a DNS server on each node, the address of the DNS Service is allowed as well', (t) => {
  const labels = { 'k8s-app': 'kube-dns' };
  const dns = deploy('coredns', { namespace: 'kube-system', labels });
  const kubeDns = service('kube-dns', 'kube-system', { ...dnsSpec, selector: labels }, labels);
  const cache = deploy('node-local-dns', {
    namespace: 'kube-system',
    kind: 'DaemonSet',
    labels: { 'k8s-app': 'node-local-dns' },
    hostNetwork: true,
  });
  const asked = edge('web', workload('kube-system/Deployment/coredns'), 5353, { protocol: 'UDP' });
  const both = (port: number) => [
    { protocol: 'TCP', port },
    { protocol: 'UDP', port },
  ];
  t.equal(rulesOf([deploy('web'), dns, kubeDns], [asked], {}).egress?.length, 1);
  t.match(rulesOf([deploy('web'), dns, kubeDns, cache], [asked], {}).egress, [
    { ports: both(5353) },
    { to: [{ ipBlock: { cidr: '10.96.0.10/32' } }], ports: both(53) },
  ]);
  const local = { type: 'unresolved', address: '169.254.20.10', reason: 'special-address' } as never;
  const direct = edge('web', local, 53, { protocol: 'UDP' });
  t.same(rulesOf([deploy('web'), dns, kubeDns, cache], [direct], {}).egress, [
    { to: [{ ipBlock: { cidr: '169.254.20.10/32' } }], ports: both(53) },
  ]);
  t.notOk(rulesOf([deploy('web'), dns, kubeDns], [direct], {}).egress, 'the address alone is no sign of it');
  t.end();
});

t.test('DNS of OpenShift, in a namespace and on a port of its own, is DNS', (t) => {
  const dns = deploy('dns-default', { namespace: 'openshift-dns', kind: 'DaemonSet' });
  const spec = { ...dnsSpec, selector: { app: 'dns-default' } };
  const objects = [deploy('web'), dns, service('dns-default', 'openshift-dns', spec)];
  const asked = edge('web', workload('openshift-dns/DaemonSet/dns-default'), 5353, { protocol: 'UDP' });
  t.same(rulesOf(objects, [asked], {}).egress?.[0]?.ports, [
    { protocol: 'TCP', port: 5353 },
    { protocol: 'UDP', port: 5353 },
  ]);
  t.end();
});

t.test("a Service's own labels are never taken for its selector", (t) => {
  const labels = { 'k8s-app': 'kube-dns' };
  const dns = deploy('coredns', { namespace: 'kube-system', labels: { app: 'dns' } });
  const kubeDns = service('kube-dns', 'kube-system', { ...dnsSpec, selector: { app: 'dns' } }, labels);
  const asked = edge('web', workload('kube-system/Deployment/coredns'), 5353, { protocol: 'UDP' });
  t.match(rulesOf([deploy('web'), dns, kubeDns], [asked], {}).egress?.[0]?.to, [
    { podSelector: { matchLabels: { app: 'dns' } } },
  ]);
  t.end();
});
