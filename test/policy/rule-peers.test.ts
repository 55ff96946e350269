import t from 'tap';
import type { Address } from '../../core/address.ts';
import { WeirError } from '../../core/errors.ts';
import type { NetworkPolicyPeer } from '../../core/kubernetes.ts';
import { PolicySet } from '../../policy/evaluate/evaluate.ts';
import type { Peer } from '../../policy/evaluate/query.ts';
import { address, ask, decide, pod, policy } from './peers.ts';

const server = pod('server');

function from(peers: readonly NetworkPolicyPeer[] | undefined) {
  return [policy({ podSelector: {}, ingress: [peers === undefined ? {} : { from: peers }] })];
}

function lets(peers: readonly NetworkPolicyPeer[] | undefined, client: Peer): string {
  return decide(from(peers), client, server);
}

const near = pod('near', { labels: { app: 'x' } });
const far = pod('far', { namespace: 'other', labels: { app: 'x' }, namespaceLabels: { team: 'blue' } });

t.test('from that is absent or empty means everyone', (t) => {
  for (const peers of [undefined, []]) {
    t.equal(lets(peers, near), 'allowed');
    t.equal(lets(peers, far), 'allowed');
    t.equal(lets(peers, address('203.0.113.7')), 'allowed');
  }
  t.end();
});

t.test('a peer of nothing matches nobody', (t) => {
  t.equal(lets([{}], near), 'denied');
  t.end();
});

t.test('an empty podSelector alone means all pods of the namespace of the policy', (t) => {
  t.equal(lets([{ podSelector: {} }], near), 'allowed');
  t.equal(lets([{ podSelector: {} }], far), 'denied');
  t.equal(lets([{ podSelector: {} }], address('203.0.113.7')), 'denied');
  t.end();
});

t.test('an empty namespaceSelector means the pods of all namespaces, and no address', (t) => {
  t.equal(lets([{ namespaceSelector: {} }], near), 'allowed');
  t.equal(lets([{ namespaceSelector: {} }], far), 'allowed');
  t.equal(lets([{ namespaceSelector: {} }], address('203.0.113.7')), 'denied');
  t.end();
});

t.test('both selectors in one peer must hold, each of two peers is enough', (t) => {
  const namespaceSelector = { matchLabels: { team: 'blue' } };
  const podSelector = { matchLabels: { app: 'y' } };
  t.equal(lets([{ namespaceSelector, podSelector }], far), 'denied');
  t.equal(lets([{ namespaceSelector }, { podSelector }], far), 'allowed');
  const nearY = pod('near', { labels: { app: 'y' } });
  t.equal(lets([{ namespaceSelector, podSelector }], nearY), 'denied');
  t.equal(lets([{ namespaceSelector }, { podSelector }], nearY), 'allowed');
  t.end();
});

t.test('every namespace has its name as a label', (t) => {
  const byName = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } };
  t.equal(lets([byName], far), 'allowed');
  t.equal(lets([byName], near), 'denied');
  t.equal(lets([{ namespaceSelector: { matchLabels: { name: 'other' } } }], far), 'denied', 'and no `name` label');
  t.end();
});

t.test('NotIn in a namespaceSelector holds for namespaces without the label', (t) => {
  const notBlue = {
    namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['blue'] } as const] },
  };
  t.equal(lets([notBlue], near), 'allowed');
  t.equal(lets([notBlue], far), 'denied');
  t.end();
});

t.test('ipBlock holds its addresses but not those of except', (t) => {
  const block = { ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.128/25', '203.0.113.7/32'] } };
  t.equal(lets([block], address('203.0.113.8')), 'allowed');
  t.equal(lets([block], address('203.0.113.7')), 'denied');
  t.equal(lets([block], address('203.0.113.200')), 'denied');
  t.equal(lets([block], address('203.0.114.8')), 'denied');
  t.equal(
    lets([block, { ipBlock: { cidr: '203.0.113.7/32' } }], address('203.0.113.7')),
    'allowed',
    'another peer may',
  );
  t.end();
});

t.test('ipBlock of one IP family never holds addresses of the other', (t) => {
  t.equal(lets([{ ipBlock: { cidr: '2001:db8::/32' } }], address('2001:db8:1::9')), 'allowed');
  t.equal(lets([{ ipBlock: { cidr: '0.0.0.0/0' } }], address('2001:db8::9')), 'denied');
  t.equal(lets([{ ipBlock: { cidr: '::/0' } }], address('203.0.113.7')), 'denied');
  t.end();
});

t.test('ipBlock matches a pod by its address, and says what that takes for granted', (t) => {
  const client = pod('client', { addresses: ['10.0.0.5' as Address] });
  const answer = ask(from([{ ipBlock: { cidr: '10.0.0.0/24' } }]), client, server);
  t.equal(answer.decision, 'allowed');
  t.match(answer.ingress.because, { type: 'rule', assumption: 'pod-in-ip-block' });
  t.equal(lets([{ ipBlock: { cidr: '10.0.0.0/24', except: ['10.0.0.5/32'] } }], client), 'denied');
  t.end();
});

t.test('a rule that needs no assumption is preferred to one that does', (t) => {
  const client = pod('client', { addresses: ['10.0.0.5' as Address] });
  const { because } = ask(from([{ ipBlock: { cidr: '10.0.0.0/24' } }, { podSelector: {} }]), client, server).ingress;
  t.match(because, { type: 'rule', peer: 1, assumption: null });
  t.end();
});

t.test('an ipBlock that holds one address of a dual-stack pod depends on the family in use', (t) => {
  const addresses = ['10.0.0.5', '2001:db8::5'] as Address[];
  const client = pod('client', { addresses });
  const block = [{ ipBlock: { cidr: '10.0.0.0/24' } }];
  t.equal(lets(block, client), 'depends');
  const onlyFour = pod('server', { addresses: ['10.0.0.9' as Address] });
  t.equal(decide(from(block), client, onlyFour), 'allowed', 'but not where the other end has one family only');
  t.end();
});

t.test('whether an ipBlock holds a pod that has no address yet is open', (t) => {
  const { decision, ingress } = ask(from([{ ipBlock: { cidr: '10.0.0.0/24' } }]), near, server);
  t.equal(decision, 'depends');
  t.match(ingress.because, { type: 'open', assumption: 'address-unknown' });
  t.end();
});

t.test('an ipBlock that is no CIDR is an error that names the policy', (t) => {
  const broken = from([{ ipBlock: { cidr: '10.0.0.1' } }]);
  t.throws(
    () => new PolicySet(broken),
    new WeirError('ADDRESS_INVALID', '"10.0.0.1" in NetworkPolicy shop/p is not a CIDR block'),
  );
  t.end();
});
