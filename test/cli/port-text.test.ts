import t from 'tap';
import { portText } from '../../cli/port-text.ts';
import type { Protocol } from '../../core/flow.ts';
import { decodeEdge } from '../../proto/convert-edge.ts';
import { cart, observed, redis } from './answers.ts';

const text = (protocol: Protocol, port: number) => portText(decodeEdge(observed(cart, redis, {}, { protocol, port })));

t.test('a port is its number and its protocol', async (t) => {
  t.equal(text('TCP', 6379), '6379/TCP');
  t.equal(text('SCTP', 3868), '3868/SCTP');
});

t.test('an ICMP message is its name, or its type and code where it has none', async (t) => {
  t.equal(text('ICMP', 8 * 256), 'echo-request/ICMP');
  t.equal(text('ICMPv6', 128 * 256), 'echo-request/ICMPv6');
  t.equal(text('ICMPv6', 135 * 256), 'neighbour-solicitation/ICMPv6');
  t.equal(text('ICMP', 3 * 256 + 13), '3:13/ICMP');
  t.equal(text('ICMP', 128 * 256), '128:0/ICMP', 'the types of ICMPv6 are its own');
  t.equal(text('ICMP', 8 * 256 + 1), '8:1/ICMP');
  t.equal(text('ICMP', 65_535), '255:255/ICMP');
});
