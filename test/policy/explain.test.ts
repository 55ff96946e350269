import t from 'tap';
import type { Policy } from '../../core/kubernetes.ts';
import { editText } from '../../policy/explain/edit.ts';
import { PolicySet } from '../../policy/evaluate/evaluate.ts';
import { Explainer, type Explanation } from '../../policy/explain/explain.ts';
import type { Peer } from '../../policy/evaluate/query.ts';
import { address, clusterPolicy, pod, policy } from './peers.ts';

const client = pod('client', { namespace: 'other' });
const server = pod('server');
const everyone = { namespaces: {} };

function explain(policies: readonly Policy[], from: Peer = client, to: Peer = server): Explanation {
  const query = { client: from, server: to, protocol: 'TCP', port: 80 } as const;
  return new Explainer(policies, []).explain(query, new PolicySet(policies).decide(query));
}

function edits({ flip }: Explanation): string[] {
  return flip?.edits.map(editText) ?? [];
}

const deny = policy({ podSelector: {} }, 'deny');

t.test('a default deny turns with one rule for this peer and port', (t) => {
  const explained = explain([deny]);
  t.match(explained, { decision: 'denied', direction: 'ingress', tier: 'NetworkPolicy', flip: { to: 'allowed' } });
  t.same(edits(explained), [
    'add to spec.ingress of NetworkPolicy shop/deny a rule from pods app=client of namespace other on TCP 80',
  ]);
  t.same(edits(explain([deny], address('203.0.113.7'))), [
    'add to spec.ingress of NetworkPolicy shop/deny a rule from 203.0.113.7/32 on TCP 80',
  ]);
  t.end();
});

t.test('both ends get a rule where both deny', (t) => {
  const out = policy({ podSelector: {}, policyTypes: ['Egress'] }, 'out', 'other');
  t.match(edits(explain([deny, out])), [/^add to spec.egress of NetworkPolicy other\/out/, /^add to spec.ingress/]);
  t.end();
});

t.test('rules that deny go, and what is below them is looked at too', (t) => {
  const rule = { action: 'Deny' as const, from: [everyone] };
  const spec = {
    priority: 1,
    subject: everyone,
    ingress: [{ ...rule, action: 'Pass' as const, ports: [{ namedPort: 'x' }] }, rule],
  };
  const admin = { ...clusterPolicy('AdminNetworkPolicy', 'no'), spec };
  const explained = explain([admin, deny]);
  t.match(explained, { tier: 'Admin', because: { type: 'rule', rule: 1, peer: 0, action: 'deny' } });
  t.match(edits(explained), [
    'remove spec.ingress[1] of AdminNetworkPolicy no',
    /^add to spec.ingress of NetworkPolicy/,
  ]);
  t.end();
});

t.test('what nothing isolates turns with a default deny', (t) => {
  const explained = explain([]);
  t.match(explained, { decision: 'allowed', tier: null, flip: { to: 'denied' } });
  t.same(edits(explained), ['add a NetworkPolicy to namespace other that isolates client for egress']);
  t.same(edits(explain([], address('203.0.113.7'))), [
    'add a NetworkPolicy to namespace shop that isolates server for ingress',
  ]);
  t.end();
});

t.test('every rule that allows must go, at the end where they are fewest', (t) => {
  const allow = policy({
    podSelector: {},
    ingress: [{}, { ports: [{ port: 81 }] }, { from: [{ namespaceSelector: {} }] }],
  });
  t.same(edits(explain([allow], address('203.0.113.7'))), ['remove spec.ingress[0] of NetworkPolicy shop/p']);
  const out = policy({ podSelector: {}, policyTypes: ['Egress'], egress: [{}, {}, {}] }, 'out', 'other');
  t.same(edits(explain([allow, out])), [
    'remove spec.ingress[0] of NetworkPolicy shop/p',
    'remove spec.ingress[2] of NetworkPolicy shop/p',
  ]);
  t.end();
});

t.test('nothing turns what policies have no say in, or what is open', (t) => {
  t.equal(explain([deny], server, server).flip, null);
  t.equal(explain([deny], { type: 'node', name: 'n2' }).flip, null);
  t.equal(explain([deny], pod('host', { hostNetwork: true })).flip, null);
  t.end();
});
