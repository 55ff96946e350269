import t from 'tap';
import type { AdminPolicyRule, ClusterPolicyPeer, ClusterPolicyRule } from '../../core/cluster-policy.ts';
import type { Node } from '../../core/kubernetes.ts';
import { becauseText } from '../../policy/evaluate/because.ts';
import { PolicySet } from '../../policy/evaluate/evaluate.ts';
import { address, ask, clusterPolicy, decide, pod, policy } from './peers.ts';

const client = pod('client');
const server = pod('server', { ports: [{ name: 'dns', containerPort: 5353, protocol: 'UDP' }] });
const everyone = { namespaces: {} };

type Ingress = Omit<AdminPolicyRule, 'from' | 'to'> & { readonly from?: readonly ClusterPolicyPeer[] };

function admin(priority: number, ingress: readonly Ingress[], name = `a${priority}`) {
  const rules = ingress.map((rule) => ({ from: [everyone], ...rule }));
  return { ...clusterPolicy('AdminNetworkPolicy', name), spec: { priority, subject: everyone, ingress: rules } };
}

function baseline(action: 'Allow' | 'Deny') {
  const spec = { subject: everyone, ingress: [{ action, from: [everyone] }] };
  return { ...clusterPolicy('BaselineAdminNetworkPolicy', 'default'), spec };
}

/** A ClusterNetworkPolicy with egress rules. */
function cluster(tier: 'Admin' | 'Baseline', priority: number, egress: readonly ClusterPolicyRule[], name = 'c') {
  return { ...clusterPolicy('ClusterNetworkPolicy', name), spec: { tier, priority, subject: everyone, egress } };
}

const denyAll = policy({ podSelector: {} }, 'deny');
const allowAll = policy({ podSelector: {}, ingress: [{}] }, 'allow');

t.test('the Admin tier comes before NetworkPolicies, and these before the Baseline tier', (t) => {
  t.equal(decide([admin(1, [{ action: 'Allow' }]), denyAll, baseline('Deny')], client, server), 'allowed');
  t.equal(decide([admin(1, [{ action: 'Deny' }]), allowAll, baseline('Allow')], client, server), 'denied');
  t.equal(decide([denyAll, baseline('Allow')], client, server), 'denied');
  t.equal(decide([allowAll, baseline('Deny')], client, server), 'allowed');
  t.equal(decide([baseline('Deny')], client, server), 'denied', 'where no NetworkPolicy isolates the pod');
  t.equal(decide([baseline('Allow')], client, server), 'allowed');
  t.end();
});

t.test('Pass skips what is left of the tier', (t) => {
  const passes = admin(1, [{ action: 'Pass' }, { action: 'Deny' }]);
  const denies = admin(2, [{ action: 'Deny' }]);
  t.equal(decide([passes, denies], client, server), 'allowed');
  t.equal(decide([passes, denies, denyAll], client, server), 'denied');
  t.equal(decide([passes, denies, baseline('Deny')], client, server), 'denied');
  t.end();
});

t.test('rules are asked in order, and policies by priority with the lowest first', (t) => {
  t.equal(decide([admin(1, [{ action: 'Allow' }, { action: 'Deny' }])], client, server), 'allowed');
  const [first, last] = [admin(0, [{ action: 'Deny' }]), admin(1000, [{ action: 'Allow' }])];
  t.equal(decide([last, first], client, server), 'denied');
  t.end();
});

t.test('policies of equal priority that disagree leave the answer open, and say so', (t) => {
  const two = [admin(5, [{ action: 'Allow' }], 'one'), admin(5, [{ action: 'Deny' }], 'two')];
  t.match(ask(two, client, server).ingress, {
    decision: 'depends',
    because: { type: 'open', assumption: 'equal-priority', policies: [{ name: 'one' }, { name: 'two' }] },
  });
  const agree = [admin(5, [{ action: 'Deny' }], 'one'), admin(5, [{ action: 'Deny' }], 'two')];
  t.equal(decide(agree, client, server), 'denied', 'but not where they agree');
  t.equal(decide([...two, admin(4, [{ action: 'Deny' }])], client, server), 'denied', 'nor where another comes first');
  const ports = [{ portNumber: { port: 81 } }];
  const apart = [admin(5, [{ action: 'Allow', ports }], 'one'), admin(5, [{ action: 'Deny' }], 'two')];
  t.equal(decide(apart, client, server, 80), 'denied', 'nor where only one of them matches');
  t.end();
});

t.test('which version of the API is asked first is open', (t) => {
  const old = { ...clusterPolicy('AdminNetworkPolicy', 'old') };
  const spec = { priority: 1, subject: everyone, egress: [{ action: 'Allow' as const, to: [everyone] }] };
  const both = [{ ...old, spec }, cluster('Admin', 2, [{ action: 'Deny', to: [everyone] }])];
  t.match(ask(both, client, server).egress.because, { type: 'open', assumption: 'mixed-versions' });
  t.end();
});

t.test('ingress and egress are decided apart', (t) => {
  const denies = cluster('Admin', 1, [{ action: 'Deny', to: [everyone] }]);
  const answer = ask([denies, admin(1, [{ action: 'Allow' }])], client, server);
  t.equal(answer.egress.decision, 'denied');
  t.equal(answer.ingress.decision, 'allowed');
  t.equal(answer.decision, 'denied');
  t.end();
});

t.test('networks match pods too, and need no assumption', (t) => {
  const denies = cluster('Admin', 1, [{ action: 'Deny', to: [{ networks: ['10.0.0.0/8'] }] }]);
  const near = pod('near', { addresses: ['10.0.0.7' as never] });
  t.match(ask([denies], client, near).egress, { decision: 'denied', because: { assumption: null } });
  t.equal(decide([denies], client, address('10.9.9.9')), 'denied');
  t.equal(decide([denies], client, address('11.0.0.1')), 'allowed');
  t.match(ask([denies], client, server).egress.because, { type: 'open', assumption: 'address-unknown' });
  t.end();
});

t.test('an unknown peer makes Accept match nothing, and Deny and Pass deny everything', (t) => {
  const rule = (action: ClusterPolicyRule['action']): ClusterPolicyRule => ({
    action,
    to: [everyone, {}],
    protocols: [{ tcp: { destinationPort: { number: 443 } } }],
  });
  const denies = { action: 'Deny', to: [everyone] } as const;
  t.equal(decide([cluster('Admin', 1, [rule('Accept'), denies])], client, server, 443), 'denied');
  for (const action of ['Deny', 'Pass'] as const) {
    const answer = ask([cluster('Admin', 1, [rule(action)])], client, address('203.0.113.7'), 80, 'UDP');
    t.match(answer.egress, { decision: 'denied', because: { type: 'rule', peer: 1, assumption: 'unknown-peer' } });
  }
  t.end();
});

t.test('pods on their node network are neither subjects nor pods as peers', (t) => {
  const host = pod('host', { hostNetwork: true });
  const denies = admin(1, [{ action: 'Deny' }]);
  t.equal(decide([denies], client, host), 'allowed', 'not selected');
  t.equal(decide([denies], host, server), 'allowed', 'not matched');
  t.equal(decide([denies], client, server), 'denied');
  t.end();
});

t.test('nodes are matched by their labels and addresses, also pods on their network', (t) => {
  const node: Node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1', namespace: '', uid: '', labels: { role: 'edge' }, annotations: {}, ownerReferences: [] },
    spec: {},
    status: { addresses: [{ type: 'InternalIP', address: '192.168.0.1' }] },
  };
  const denies = cluster('Admin', 1, [{ action: 'Deny', to: [{ nodes: { matchLabels: { role: 'edge' } } }] }]);
  const set = new PolicySet([denies], [node]);
  const to = (peer: Parameters<typeof decide>[2]) =>
    set.decide({ client, server: peer, protocol: 'TCP', port: 80 }).decision;
  t.equal(to({ type: 'node', name: 'n1' }), 'denied');
  t.equal(to(address('192.168.0.1')), 'denied');
  t.equal(to(address('192.168.0.2')), 'allowed');
  t.equal(to(pod('host', { hostNetwork: true, nodeName: 'n1' })), 'denied');
  t.equal(to(server), 'allowed');
  t.equal(to({ type: 'node', name: 'n2' }), 'depends', 'nothing is known of it');
  t.end();
});

t.test('which addresses a domain name has is open', (t) => {
  const rules = cluster('Admin', 1, [
    { action: 'Accept', to: [{ domainNames: ['*.example.com'] }] },
    { action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }] },
  ]);
  t.match(ask([rules], client, address('203.0.113.7')).egress.because, { type: 'open', assumption: 'domain-name' });
  const near = pod('near', { addresses: ['10.0.0.7' as never] });
  t.equal(decide([rules], client, near), 'denied', 'but a pod is outside of what they name');
  t.end();
});

t.test('a named port has the protocol of the container port', (t) => {
  const ports = [{ namedPort: 'dns' }];
  const denies = admin(1, [{ action: 'Deny', ports }]);
  t.equal(decide([denies], client, server, 5353, 'UDP'), 'denied');
  t.equal(decide([denies], client, server, 5353, 'TCP'), 'allowed');
  t.end();
});

t.test('a protocol without port is every port of it, and SCTP is not TCP', (t) => {
  const denies = cluster('Admin', 1, [{ action: 'Deny', to: [everyone], protocols: [{ sctp: {} }] }]);
  t.equal(decide([denies], client, server, 9, 'SCTP'), 'denied');
  t.equal(decide([denies], client, server, 9, 'TCP'), 'allowed');
  t.end();
});

t.test('a rule without ports covers ICMP in v1alpha2, which v1alpha1 leaves open', (t) => {
  const denies = cluster('Admin', 1, [{ action: 'Deny', to: [everyone] }]);
  t.equal(ask([denies], client, server, 2048, 'ICMP').egress.decision, 'denied');
  t.match(ask([admin(1, [{ action: 'Deny' }])], client, server, 2048, 'ICMP').ingress.because, { assumption: 'icmp' });
  const ports = cluster('Admin', 1, [{ action: 'Deny', to: [everyone], protocols: [{ tcp: {} }] }]);
  t.equal(ask([ports], client, server, 2048, 'ICMP').egress.decision, 'allowed');
  t.end();
});

t.test('a NetworkPolicy that isolates in one direction leaves the other to the Baseline tier', (t) => {
  const egressOnly = policy({ podSelector: {}, policyTypes: ['Egress'], egress: [{}] }, 'out');
  t.equal(decide([egressOnly, baseline('Deny')], client, server), 'denied');
  t.end();
});

t.test('a reason names the kind of the policy and the fields as its version calls them', (t) => {
  const rule: ClusterPolicyRule = { action: 'Deny', to: [everyone], protocols: [{ tcp: {} }] };
  t.equal(
    becauseText(ask([cluster('Admin', 1, [rule], 'no-tcp')], client, server).egress.because),
    'ClusterNetworkPolicy no-tcp denies it at spec.egress[0].to[0], protocols[0].',
  );
  t.end();
});
