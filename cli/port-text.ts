import type { Edge } from '../core/edge.ts';
import type { Protocol } from '../core/flow.ts';

/** Messages by type and code, as iptables calls them. */
const icmpNames: Readonly<Partial<Record<Protocol, Readonly<Record<string, string>>>>> = {
  ICMP: {
    '0:0': 'echo-reply',
    '3:0': 'network-unreachable',
    '3:1': 'host-unreachable',
    '3:3': 'port-unreachable',
    '3:4': 'fragmentation-needed',
    '8:0': 'echo-request',
    '9:0': 'router-advertisement',
    '10:0': 'router-solicitation',
    '11:0': 'ttl-zero-during-transit',
    '13:0': 'timestamp-request',
    '14:0': 'timestamp-reply',
  },
  ICMPv6: {
    '2:0': 'packet-too-big',
    '128:0': 'echo-request',
    '129:0': 'echo-reply',
    '133:0': 'router-solicitation',
    '134:0': 'router-advertisement',
    '135:0': 'neighbour-solicitation',
    '136:0': 'neighbour-advertisement',
  },
};

/** Stands behind a port where only the port numbers tell which end is the client. */
export const guessMark = '?';

/** Says what the mark means, for under a table that has one. */
export const guessNote = `${guessMark}: only the port numbers tell which end is the client; no policy rests on it`;

export function isGuess({ merged }: Edge): boolean {
  return merged.directionBy === 'ports';
}

/** `6379/TCP`, `echo-request/ICMP`, `3:13/ICMP` (type and code), and `53/UDP ?` where the direction is a guess. */
export function portText(edge: Edge): string {
  const { port, protocol } = edge;
  const message = `${port >> 8}:${port & 0xff}`;
  const names = icmpNames[protocol];
  const text = names === undefined ? String(port) : (names[message] ?? message);
  return `${text}/${protocol}${isGuess(edge) ? ` ${guessMark}` : ''}`;
}
