import t from 'tap';
import { address, ask, decide, pod, policy } from './peers.ts';

const a = pod('a');
const b = pod('b');

t.test('a pod that no policy selects is open', (t) => {
  const { decision, egress, ingress } = ask([policy({ podSelector: { matchLabels: { app: 'c' } } })], a, b);
  t.equal(decision, 'allowed');
  t.equal(egress.because.type, 'not-isolated');
  t.equal(ingress.because.type, 'not-isolated');
  t.end();
});

t.test('a policy selects pods of its own namespace only', (t) => {
  const elsewhere = policy({ podSelector: {} }, 'deny', 'other');
  t.equal(decide([elsewhere], a, b), 'allowed');
  t.equal(decide([elsewhere], a, pod('b', { namespace: 'other' })), 'denied');
  t.end();
});

t.test('an empty podSelector selects every pod of the namespace', (t) => {
  t.equal(decide([policy({ podSelector: {} })], a, pod('bare', { labels: {} })), 'denied');
  t.end();
});

t.test('without policyTypes a policy isolates for ingress always', (t) => {
  for (const policyTypes of [undefined, []] as const) {
    const given = policy({ podSelector: {}, ...(policyTypes && { policyTypes }) });
    t.equal(ask([given], a, b).ingress.decision, 'denied');
    t.equal(ask([given], a, b).egress.decision, 'allowed');
  }
  t.end();
});

t.test('without policyTypes a policy isolates for egress only if it has egress rules', (t) => {
  t.equal(ask([policy({ podSelector: {}, egress: [] })], a, b).egress.decision, 'allowed');
  const toC = policy({ podSelector: {}, egress: [{ to: [{ podSelector: { matchLabels: { app: 'c' } } }] }] });
  t.equal(ask([toC], a, b).egress.decision, 'denied');
  t.equal(ask([toC], a, b).ingress.decision, 'denied', 'and for ingress all the same');
  t.end();
});

t.test('rules of a direction that policyTypes leaves out do nothing', (t) => {
  const ingressOnly = policy({ podSelector: {}, policyTypes: ['Ingress'], ingress: [{}], egress: [] });
  t.equal(decide([ingressOnly], a, b), 'allowed');
  const egressOnly = policy({ podSelector: {}, policyTypes: ['Egress'], egress: [{}], ingress: [] });
  t.equal(decide([egressOnly], a, b), 'allowed');
  t.end();
});

t.test('absent and empty rules deny, an empty rule allows everything', (t) => {
  t.equal(decide([policy({ podSelector: {}, policyTypes: ['Ingress'] })], a, b), 'denied');
  t.equal(decide([policy({ podSelector: {}, policyTypes: ['Ingress'], ingress: [] })], a, b), 'denied');
  t.equal(decide([policy({ podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] })], a, b), 'allowed');
  t.end();
});

t.test('policies add up: one that allows is enough', (t) => {
  const deny = policy({ podSelector: {} }, 'deny');
  const allow = policy({ podSelector: { matchLabels: { app: 'b' } }, ingress: [{}] }, 'allow');
  t.equal(decide([deny, allow], a, b), 'allowed');
  t.equal(decide([deny, allow], b, a), 'denied');
  t.end();
});

t.test('both ends must agree', (t) => {
  const denyEgress = policy({ podSelector: { matchLabels: { app: 'a' } }, policyTypes: ['Egress'] }, 'deny');
  const allowIngress = policy({ podSelector: { matchLabels: { app: 'b' } }, ingress: [{}] }, 'allow');
  t.equal(decide([denyEgress, allowIngress], a, b), 'denied');
  t.end();
});

t.test('an address has no policies', (t) => {
  const answer = ask([policy({ podSelector: {}, policyTypes: ['Egress'] })], address('203.0.113.7'), a);
  t.equal(answer.decision, 'allowed');
  t.equal(answer.egress.because.type, 'not-a-pod');
  t.end();
});

t.test('a pod always reaches itself', (t) => {
  const deny = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  const self = pod('a', { addresses: [] });
  t.equal(ask([deny], self, self).ingress.because.type, 'itself');
  t.equal(decide([deny], self, self), 'allowed');
  t.equal(decide([deny], self, address('127.0.0.1')), 'allowed');
  t.equal(decide([deny], self, pod('a', { namespace: 'other' })), 'denied', 'not a namesake elsewhere');
  t.end();
});
