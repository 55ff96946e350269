import t from 'tap';
import type { NetworkPolicy, NetworkPolicyPeer } from '../../core/kubernetes.ts';
import type { Address } from '../../core/address.ts';
import { PolicySet } from '../../policy/evaluate/evaluate.ts';
import type { Peer, PodPeer } from '../../policy/evaluate/query.ts';
import { oracleSide } from './oracle.ts';
import { address, pod, policy } from './peers.ts';

/** Far more rules than are looked at one by one, of every kind of peer and port. */
const peers = (index: number): NetworkPolicyPeer[] => [
  { podSelector: { matchLabels: { app: `a${index % 17}` } } },
  {
    podSelector: {},
    namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: [`t${index % 5}`] }] },
  },
  { podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['a1', 'a2', `a${index % 3}`] }] } },
  { ipBlock: { cidr: `10.${index % 7}.0.0/16`, except: [`10.${index % 7}.1.0/24`] } },
];
const ports = (index: number) => [
  { port: 8000 + (index % 9) },
  ...(index % 4 === 0 ? [{ port: 'http' }] : []),
  ...(index % 6 === 0 ? [{ protocol: 'UDP' as const, port: 50, endPort: 60 }] : []),
];
const policies = Array.from({ length: 120 }, (_, index): NetworkPolicy => {
  const named = [peers(index)[index % 4] as NetworkPolicyPeer];
  const spec = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] as const };
  const rules = { ingress: [{ from: named, ports: ports(index) }], egress: [{ to: named, ports: ports(index + 1) }] };
  return policy({ ...spec, ...rules }, `p${index}`);
});

const pods = Array.from({ length: 40 }, (_, index): PodPeer => {
  const addresses = index % 5 === 0 ? [] : [`10.${index % 8}.${index % 2}.${index}` as Address];
  const declared = index % 2 === 0 ? [{ name: 'http', containerPort: 8000 + (index % 12) }] : [];
  const namespace = index % 3 === 0 ? 'other' : 'shop';
  return pod(`p${index}`, {
    namespace,
    labels: { app: `a${index % 20}` },
    namespaceLabels: { team: namespace === 'shop' ? 't1' : 't4' },
    addresses,
    ports: declared,
    hostNetwork: index === 7,
  });
});

t.test('hundreds of rules for one pod are decided as the oracle does', (t) => {
  const set = new PolicySet(policies);
  const ends: Peer[] = [...pods, address('10.3.0.9'), address('10.3.1.9'), address('192.0.2.1')];
  const given = { policies, nodes: [] };
  const wrong: string[] = [];
  let asked = 0;
  for (const client of ends) {
    for (const [index, server] of ends.entries()) {
      for (const protocol of ['TCP', 'UDP'] as const) {
        const port = protocol === 'UDP' ? 45 + (index % 20) : 7999 + (index % 13);
        const query = { client, server, protocol, port };
        const answer = set.decide(query);
        for (const side of ['ingress', 'egress'] as const) {
          asked++;
          if (answer[side].decision !== oracleSide(given, side, query)) wrong.push(JSON.stringify([side, query]));
        }
      }
    }
  }
  t.ok(asked > 7000);
  t.same(wrong.slice(0, 3), []);
  t.end();
});

t.test('how an end stands to another is the same for one port as for all', (t) => {
  const set = new PolicySet(policies);
  const [client, server] = [pods[1] as PodPeer, pods[2] as PodPeer];
  for (const direction of ['ingress', 'egress'] as const) {
    const relation = set.relation(direction, { client, server });
    if ('because' in relation) throw new Error('policies have a say here');
    for (let port = 7995; port < 8015; port++) {
      const expected = set.decide({ client, server, protocol: 'TCP', port })[direction];
      t.equal(relation.decide('TCP', port).decision, expected.decision);
    }
  }
  t.end();
});
