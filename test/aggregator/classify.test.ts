import t from 'tap';
import type { Entity } from '../../core/identity.ts';
import { addressOf, clusterOf, newIdentity, nodeYaml, podYaml, serviceYaml, someReporter } from './cluster-fixture.ts';

const now = 1_700_000_000_000;

function classify(identity: ReturnType<typeof newIdentity>, text: string): Entity {
  const remote = addressOf(text);
  const record = { pod: someReporter, role: 'server', port: 80, protocol: 'TCP', seenAs: null } as const;
  return identity.remote({ ...record, remote, lastSeenUnixMs: now }).entity;
}

/** What addresses are in a cluster of one node, with nothing configured. */
function onNode(podCidr: string, annotations: object, configured: readonly string[] = []) {
  const identity = newIdentity(configured);
  identity.update(clusterOf(nodeYaml('n1', '172.30.0.11', podCidr, annotations)), now);
  return (text: string) => {
    const entity = classify(identity, text);
    return entity.type === 'unresolved' ? entity.reason : entity.type;
  };
}

t.test('the gateways and tunnels of each network plug-in are their node', async (t) => {
  const lrp = JSON.stringify({ default: { ipv4: '100.64.0.2/16', ipv6: 'fd98::2/64' } });
  const plugins: Readonly<
    Record<string, readonly [annotations: object, node: readonly string[], pod: readonly string[]]>
  > = {
    'flannel and bridge': [
      { 'flannel.alpha.coreos.com/public-ip': '192.0.2.1' },
      ['10.244.1.0', '10.244.1.1', '192.0.2.1'],
      ['10.244.1.2'],
    ],
    calico: [
      {
        'projectcalico.org/IPv4Address': '192.0.2.1/24',
        'projectcalico.org/IPv4VXLANTunnelAddr': '10.244.1.64',
        'projectcalico.org/IPv6WireguardInterfaceAddr': 'fd00::64',
      },
      ['192.0.2.1', '10.244.1.64', 'fd00::64'],
      ['10.244.1.0', '10.244.1.1'],
    ],
    cilium: [
      {
        'network.cilium.io/ipv4-cilium-host': '10.244.1.80',
        'network.cilium.io/ipv4-health-ip': '10.244.1.81',
        'network.cilium.io/ipv4-Ingress-ip': '10.244.1.82',
        'network.cilium.io/ipv4-pod-cidr': '10.0.7.0/24',
      },
      ['10.244.1.80', '10.244.1.81', '10.244.1.82'],
      ['10.244.1.1', '10.0.7.1'],
    ],
    'cilium of old': [{ 'io.cilium.network.ipv4-cilium-host': '10.244.1.80' }, ['10.244.1.80'], ['10.244.1.1']],
    'ovn-kubernetes': [
      {
        'k8s.ovn.org/node-gateway-router-lrp-ifaddrs': lrp,
        'k8s.ovn.org/node-primary-ifaddr': '{"ipv4":"192.0.2.1/24"}',
        'k8s.ovn.org/node-subnets': '{"default":["10.128.2.0/23"]}',
      },
      ['100.64.0.2', 'fd98::2', '192.0.2.1', '10.128.2.1', '10.128.2.2'],
      ['10.128.2.3'],
    ],
    antrea: [
      { 'node.antrea.io/transport-addresses': '192.0.2.1,2001:db8::1' },
      ['192.0.2.1', '2001:db8::1', '10.244.1.1'],
      ['10.244.1.2'],
    ],
    'ovn-kubernetes that writes otherwise': [{ 'k8s.ovn.org/node-subnets': '{' }, ['10.244.1.1'], ['10.244.1.3']],
  };
  for (const [name, [annotations, node, pod]] of Object.entries(plugins)) {
    const kind = onNode('10.244.1.0/24', annotations);
    for (const address of node) t.equal(kind(address), 'node', `${name}: ${address}`);
    for (const address of pod) t.equal(kind(address), 'pod-cidr', `${name}: ${address}`);
  }
});

t.test('what is configured wins over what nodes state, for its address family', async (t) => {
  const kind = onNode('10.244.1.0/24', {}, ['10.1.0.0/16']);
  t.equal(kind('10.1.2.3'), 'pod-cidr');
  t.equal(kind('10.244.1.9'), 'external', 'the node states a block that is not used');
  t.equal(kind('10.244.1.1'), 'external');
  t.equal(onNode('fd00:1::/64', {}, ['10.1.0.0/16'])('fd00:1::9'), 'pod-cidr');
});

t.test('a node that is gone takes its block with it, and one that comes brings it', async (t) => {
  const identity = newIdentity([]);
  identity.update(clusterOf(nodeYaml('n1', '172.30.0.11', '10.244.1.0/24')), now - 10_000_000);
  identity.update(clusterOf(nodeYaml('n2', '172.30.0.12', '10.244.2.0/24')), now - 9_000_000);
  t.equal(classify(identity, '10.244.1.9').type, 'external');
  t.equal(classify(identity, '10.244.2.9').type, 'unresolved');
});

t.test('ServiceCIDR objects say where Services get their addresses', async (t) => {
  const identity = newIdentity();
  const blocks = {
    kind: 'ServiceCIDR',
    metadata: { name: 'kubernetes' },
    spec: { cidrs: ['172.20.0.0/16', 'fd20::/108'] },
  };
  identity.update(clusterOf(JSON.stringify(blocks)), now);
  for (const address of ['172.20.3.4', 'fd20::9', '10.96.1.1']) {
    t.match(classify(identity, address), { type: 'unresolved', reason: 'service-cidr' }, address);
  }
  identity.update(clusterOf(), now + 1);
  t.equal(classify(identity, '172.20.3.4').type, 'external');
});

t.test('a Service wins over a node with its address, and a pod over both', async (t) => {
  const node = nodeYaml('n1', '172.30.0.11', '10.244.1.0/24');
  const more = { externalIPs: ['172.30.0.11'] };
  const service = serviceYaml({ name: 'web', ip: '10.96.0.7', selector: { app: 'web' }, ports: [{ port: 80 }], more });
  const identity = newIdentity();
  identity.update(clusterOf(node, service), now);
  t.match(classify(identity, '172.30.0.11'), { type: 'service', name: 'web' });
  identity.update(clusterOf(node, service, podYaml({ name: 'web-1', ip: '172.30.0.11', deployment: 'web' })), now);
  t.match(classify(identity, '172.30.0.11'), { type: 'workload', name: 'web' });
});

t.test('Services that share an address are told apart by their ports', async (t) => {
  const status = { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } };
  const of = (name: string, ip: string, port: number) => serviceYaml({ name, ip, ports: [{ port }], status });
  const identity = newIdentity();
  identity.update(clusterOf(of('web', '10.96.0.7', 80), of('mail', '10.96.0.8', 25)), now);
  t.match(classify(identity, '203.0.113.9'), { type: 'service', name: 'web' });
  const both = clusterOf(of('web', '10.96.0.7', 80), of('mail', '10.96.0.8', 80));
  identity.update(both, now);
  t.match(classify(identity, '203.0.113.9'), { type: 'unresolved', reason: 'duplicate-address' });
});
