import t from 'tap';
import type { Address } from '../../core/address.ts';
import { assumptions, becauseText } from '../../policy/evaluate/because.ts';
import type { Peer } from '../../policy/evaluate/query.ts';
import { ask, decide, pod, policy } from './peers.ts';

const deny = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }, 'deny');
const everything = policy({ podSelector: {}, ingress: [{}], egress: [{}] }, 'all');
const selected = policy({ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }, 'pods');
const server = pod('server', { nodeName: 'n1', addresses: ['10.0.0.9' as Address] });
const client = pod('client');

t.test('what a policy does to ICMP is open, also where it allows every port', (t) => {
  for (const protocol of ['ICMP', 'ICMPv6'] as const) {
    const answer = ask([everything], client, server, 2048, protocol);
    t.equal(answer.decision, 'depends');
    t.match(answer.ingress.because, { type: 'open', assumption: 'icmp' });
    t.equal(decide([], client, server, 2048, protocol), 'allowed', 'but not where no policy bears on it');
  }
  t.end();
});

t.test('the node of a pod always reaches it, and is reached by it', (t) => {
  const node: Peer = { type: 'node', name: 'n1' };
  t.equal(ask([deny], node, server).ingress.because.type, 'own-node');
  t.equal(decide([deny], node, server), 'allowed');
  t.equal(decide([deny], server, node), 'allowed');
  t.equal(decide([deny], node, server, 2048, 'ICMP'), 'allowed');
  t.end();
});

t.test('traffic of another node is open where a pod is isolated', (t) => {
  const node: Peer = { type: 'node', name: 'n2' };
  t.match(ask([deny], node, server).ingress, {
    decision: 'depends',
    because: { type: 'open', assumption: 'node-traffic', policies: [{ namespace: 'shop', name: 'deny' }] },
  });
  t.equal(decide([everything], node, server), 'allowed', 'but not where everyone is allowed');
  t.equal(decide([], node, server), 'allowed');
  t.end();
});

t.test('a client on its node network is open where only its labels would let it in', (t) => {
  const host = pod('host', { hostNetwork: true, nodeName: 'n2', addresses: ['192.168.0.2' as Address] });
  t.match(ask([selected], host, server).ingress, { decision: 'depends', because: { assumption: 'host-network' } });
  t.match(ask([deny], host, server).ingress, { decision: 'depends', because: { assumption: 'host-network' } });
  t.equal(decide([everything], host, server), 'allowed');
  t.end();
});

t.test('a client on the network of the very node of a pod is let in where its labels are', (t) => {
  const host = pod('host', { hostNetwork: true, nodeName: 'n1' });
  t.equal(decide([selected], host, server), 'allowed', 'as a pod by its labels, as the node always');
  t.equal(decide([deny], host, server), 'depends', 'as a pod not, as the node always');
  t.end();
});

t.test('a policy that selects a pod on its node network may be ignored', (t) => {
  const host = pod('host', { hostNetwork: true, nodeName: 'n2' });
  t.match(ask([deny], client, host).ingress, { decision: 'depends', because: { assumption: 'host-network' } });
  t.equal(ask([selected], client, host).ingress.decision, 'allowed', 'which does not matter where it allows');
  const other = pod('other', { hostNetwork: true, nodeName: 'n3' });
  t.equal(ask([selected], other, host).ingress.decision, 'allowed', 'nor whether the client counts as a pod');
  t.end();
});

t.test('a Service without one known workload is open where the client is isolated', (t) => {
  const service: Peer = { type: 'service', namespace: 'default', name: 'kubernetes' };
  t.match(ask([deny], client, service).egress, { decision: 'depends', because: { assumption: 'service-address' } });
  t.equal(decide([everything], client, service), 'allowed');
  t.end();
});

t.test('a workload that is gone is open where labels would decide', (t) => {
  const gone: Peer = { type: 'gone', namespace: 'shop', kind: 'Deployment', name: 'old' };
  t.match(ask([selected], gone, server).ingress, { decision: 'depends', because: { assumption: 'workload-gone' } });
  t.match(ask([deny], client, gone).ingress, { decision: 'depends', because: { assumption: 'workload-gone' } });
  t.equal(ask([deny], { ...gone, namespace: 'other' }, server).egress.decision, 'allowed', 'no policy is near it');
  t.equal(decide([], gone, server), 'allowed');
  t.end();
});

t.test('denied outweighs open, and open outweighs allowed', (t) => {
  const denyEgress = policy({ podSelector: { matchLabels: { app: 'client' } }, policyTypes: ['Egress'] }, 'out');
  const host = pod('host', { hostNetwork: true });
  t.equal(decide([denyEgress], client, server), 'denied');
  t.equal(decide([selected], client, host, 2048, 'ICMP'), 'depends');
  const elsewhere = pod('far', { namespace: 'other' });
  t.equal(decide([denyEgress, selected], elsewhere, server), 'denied');
  t.end();
});

t.test('every reason reads as one sentence that names the policy and the place in it', (t) => {
  const rule = policy(
    {
      podSelector: {},
      ingress: [
        { ports: [{ port: 1 }] },
        { from: [{ ipBlock: { cidr: '10.0.0.0/8' } }, { podSelector: {} }], ports: [{ port: 80 }] },
      ],
    },
    'web',
  );
  t.equal(
    becauseText(ask([rule], client, server).ingress.because),
    'NetworkPolicy shop/web allows it at spec.ingress[1].from[1], ports[0].',
  );
  t.equal(
    becauseText(ask([deny], client, server).ingress.because),
    'The pod is isolated for ingress (shop/deny), and no rule allows this.',
  );
  t.equal(becauseText(ask([], client, server).egress.because), 'No NetworkPolicy isolates the pod for egress.');
  const open = becauseText(ask([deny], client, server, 2048, 'ICMP').egress.because);
  t.match(open, /^The pod is isolated for egress \(shop\/deny\), and .*\.$/);
  t.ok(open.includes(assumptions.icmp));
  t.end();
});
