import fc from 'fast-check';
import t from 'tap';
import { parseCidr } from '../../core/address.ts';
import { cidrContains } from '../../core/address.ts';
import { addressEnds } from '../../policy/evaluate/address-ends.ts';
import {
  type Connections,
  connectionsText,
  noConnections,
  rangesWhere,
  without,
} from '../../policy/evaluate/connections.ts';
import { PolicySet } from '../../policy/evaluate/evaluate.ts';
import type { Peer } from '../../policy/evaluate/query.ts';
import { Reachability, type ReachEnd } from '../../policy/reach/reach.ts';
import { reachChanges } from '../../policy/reach/reach-diff.ts';
import { worstAnswer } from '../../policy/evaluate/worst.ts';
import { someNetworkPolicy, someQuery } from './drawn.ts';
import { someClusterPolicies, someNodes } from './drawn-tiers.ts';

function end(name: string, peers: readonly Peer[]): ReachEnd {
  const entity = { type: 'workload', namespace: 'shop', kind: 'Deployment', name } as const;
  return { name, entity, peers, siblings: [] };
}

function has(connections: Connections, protocol: 'TCP' | 'UDP' | 'SCTP', port: number): boolean {
  return connections[protocol].some(({ first, last }) => first <= port && port <= last);
}

t.test('what may be opened is what the evaluator answers, port by port', (t) => {
  let checked = 0;
  fc.assert(
    fc.property(
      fc.array(someNetworkPolicy, { minLength: 1, maxLength: 5 }),
      someClusterPolicies,
      someNodes,
      fc.array(someQuery, { minLength: 4, maxLength: 4 }),
      (network, cluster, nodes, queries) => {
        const set = new PolicySet([...network, ...cluster], nodes);
        const reachability = new Reachability(set);
        const [clients, servers] = [queries.map(({ client }) => client), queries.map(({ server }) => server)];
        for (const [from, to] of [
          [clients.slice(0, 1), servers.slice(0, 1)],
          [clients, servers],
        ] as const) {
          const reach = reachability.between(end('from', from), end('to', to));
          for (const protocol of ['TCP', 'UDP', 'SCTP'] as const) {
            for (const port of [1, 52, 53, 54, 79, 80, 81, 82, 8079, 8080, 8081, 9000, 9001, 65535]) {
              const { decision } = worstAnswer(set, from, to, { protocol, port });
              checked++;
              const found =
                reach === null
                  ? 'none'
                  : has(reach.allowed, protocol, port)
                    ? 'allowed'
                    : has(reach.depends, protocol, port)
                      ? 'depends'
                      : 'denied';
              if (found !== decision) throw new Error(`${protocol} ${port}: ${found}, but ${decision}`);
            }
          }
        }
      },
    ),
    { seed: 4, numRuns: 300 },
  );
  t.ok(checked > 20_000);
  t.end();
});

t.test('addresses outside are told apart as far as blocks do, and each stands for its own block', (t) => {
  const blocks = ['10.0.0.0/8', '10.0.0.0/9', '10.128.0.0/9', '10.1.0.0/16', '255.255.255.255/32', 'fd00::/8'];
  const ends = addressEnds(blocks.map((text) => parseCidr(text) as never));
  t.same(
    ends.map(({ block }) => block),
    ['0.0.0.0/0', '10.0.0.0/9', '10.1.0.0/16', '10.128.0.0/9', '255.255.255.255/32', '::/0', 'fd00::/8'],
    'nothing is left of 10.0.0.0/8',
  );
  for (const { block, address } of ends) {
    const holding = blocks.filter((text) => cidrContains(parseCidr(text) as never, address));
    const smallest = holding.sort((a, b) => Number(b.split('/')[1]) - Number(a.split('/')[1]))[0];
    t.equal(smallest ?? (address.includes(':') ? '::/0' : '0.0.0.0/0'), block);
  }
  t.end();
});

t.test('connections are written in short', (t) => {
  const all = rangesWhere([1], () => true);
  t.equal(connectionsText({ TCP: all, UDP: all, SCTP: all }), 'all');
  t.equal(connectionsText(noConnections), '');
  const some = { TCP: rangesWhere([1, 80, 81, 90, 100], (port) => port === 80 || port === 90), UDP: all, SCTP: [] };
  t.equal(connectionsText(some), 'TCP 80,90-99; UDP all');
  t.equal(connectionsText(without({ TCP: all, UDP: all, SCTP: [] }, some)), 'TCP 1-79,81-89,100-65535');
  t.end();
});

t.test('a change names what was added and what was removed', (t) => {
  const tcp = (first: number, last: number) => ({ ...noConnections, TCP: [{ first, last }] });
  const row = (from: string, allowed: Connections) => ({ from, to: 'x', allowed, depends: noConnections });
  const changes = reachChanges(
    [row('a', tcp(1, 10)), row('b', tcp(5, 5)), row('gone', tcp(1, 1))],
    [row('a', tcp(5, 20)), row('b', tcp(5, 5))],
  );
  t.same(
    changes.map(({ from, added, removed }) => [from, connectionsText(added), connectionsText(removed)]),
    [
      ['a', 'TCP 11-20', 'TCP 1-4'],
      ['gone', '', 'TCP 1'],
    ],
  );
  t.end();
});
