import t from 'tap';
import type { Protocol } from '../../core/flow.ts';
import type { NetworkPolicyPort } from '../../core/kubernetes.ts';
import { address, decide, pod, policy } from './peers.ts';

const client = pod('client');
const server = pod('server', {
  ports: [
    { name: 'http', containerPort: 8080 },
    { name: 'dns', containerPort: 5353, protocol: 'UDP' },
  ],
});

function lets(ports: readonly NetworkPolicyPort[] | undefined, port: number, protocol: Protocol = 'TCP', to = server) {
  const rule = ports === undefined ? {} : { ports };
  return decide([policy({ podSelector: {}, policyTypes: ['Ingress'], ingress: [rule] })], client, to, port, protocol);
}

t.test('ports that are absent or empty mean every port of every protocol', (t) => {
  for (const ports of [undefined, []]) {
    t.equal(lets(ports, 1), 'allowed');
    t.equal(lets(ports, 65535, 'UDP'), 'allowed');
    t.equal(lets(ports, 9, 'SCTP'), 'allowed');
  }
  t.end();
});

t.test('a port without protocol is TCP', (t) => {
  t.equal(lets([{ port: 80 }], 80), 'allowed');
  t.equal(lets([{ port: 80 }], 80, 'UDP'), 'denied');
  t.equal(lets([{ port: 80 }], 81), 'denied');
  t.end();
});

t.test('a protocol without port is every port of that protocol', (t) => {
  t.equal(lets([{ protocol: 'UDP' }], 7, 'UDP'), 'allowed');
  t.equal(lets([{ protocol: 'UDP' }], 7), 'denied');
  t.equal(lets([{}], 7), 'allowed', 'an empty entry is all of TCP');
  t.equal(lets([{}], 7, 'UDP'), 'denied');
  t.end();
});

t.test('SCTP is not TCP', (t) => {
  t.equal(lets([{ protocol: 'TCP', port: 80 }], 80, 'SCTP'), 'denied');
  t.equal(lets([{ protocol: 'SCTP', port: 80 }], 80), 'denied');
  t.equal(lets([{ protocol: 'SCTP', port: 80 }], 80, 'SCTP'), 'allowed');
  t.end();
});

t.test('endPort includes both ends of its range', (t) => {
  const ports = [{ port: 8000, endPort: 8002 }];
  t.same(
    [7999, 8000, 8001, 8002, 8003].map((port) => lets(ports, port)),
    ['denied', 'allowed', 'allowed', 'allowed', 'denied'],
  );
  t.end();
});

t.test('a named port is the one that the server pod declares, with its protocol', (t) => {
  t.equal(lets([{ port: 'http' }], 8080), 'allowed');
  t.equal(lets([{ port: 'http' }], 80), 'denied');
  t.equal(lets([{ port: 'http', protocol: 'UDP' }], 8080, 'UDP'), 'denied', 'http is declared as TCP');
  t.equal(lets([{ port: 'dns', protocol: 'UDP' }], 5353, 'UDP'), 'allowed');
  t.equal(lets([{ port: 'dns' }], 5353), 'denied', 'dns is declared as UDP');
  t.end();
});

t.test('a named port is looked up on each pod by itself', (t) => {
  const other = pod('other', { ports: [{ name: 'http', containerPort: 9090 }] });
  t.equal(lets([{ port: 'http' }], 9090, 'TCP', other), 'allowed');
  t.equal(lets([{ port: 'http' }], 8080, 'TCP', other), 'denied');
  t.equal(lets([{ port: 'http' }], 8080, 'TCP', pod('bare')), 'denied');
  t.end();
});

t.test('a named port of an egress rule is looked up on the server, and names nothing at an address', (t) => {
  const given = [policy({ podSelector: {}, policyTypes: ['Egress'], egress: [{ ports: [{ port: 'http' }] }] })];
  const namesake = pod('client', { ports: [{ name: 'http', containerPort: 70 }] });
  t.equal(decide(given, namesake, server, 8080), 'allowed');
  t.equal(decide(given, namesake, server, 70), 'denied', 'not on the client');
  t.equal(decide(given, namesake, address('203.0.113.7'), 8080), 'denied');
  t.end();
});
