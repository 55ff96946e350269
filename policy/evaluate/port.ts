import type { Protocol } from '../../core/flow.ts';
import type { Peer } from './query.ts';

/** A port of a rule. */
export interface CompiledPort {
  /** Null for a name that stands for a port of whatever protocol the container gives it. */
  readonly protocol: 'TCP' | 'UDP' | 'SCTP' | null;
  /** Null: every port of the protocol. A name stands for a port of the server's own pod. */
  readonly port: number | string | null;
  readonly endPort: number | null;
}

export function isIcmp(protocol: Protocol): boolean {
  return protocol === 'ICMP' || protocol === 'ICMPv6';
}

/** Whether a rule's port covers the server's port. Names are looked up on the server's pod, with their protocol. */
export function matchPort(rule: CompiledPort, protocol: Protocol, port: number, server: Peer): boolean {
  if (rule.protocol !== null && rule.protocol !== protocol) return false;
  if (rule.port === null) return true;
  if (typeof rule.port === 'number') return port >= rule.port && port <= (rule.endPort ?? rule.port);
  if (server.type !== 'pod') return false;
  for (const each of server.ports) {
    if (each.name === rule.port && each.containerPort === port && (each.protocol ?? 'TCP') === protocol) return true;
  }
  return false;
}

/** Index of the first port that covers the server's; null where the rule names none, -1 where none of them does. */
export function searchPorts(
  ports: readonly CompiledPort[] | null,
  protocol: Protocol,
  port: number,
  server: Peer,
): number | null {
  if (ports === null) return null;
  for (let index = 0; index < ports.length; index++) {
    if (matchPort(ports[index] as CompiledPort, protocol, port, server)) return index;
  }
  return -1;
}

/** Where one of the ports begins to match, or ends: the first ports of ranges that they do not divide. */
export function portStarts(ports: readonly CompiledPort[], server: Peer): readonly number[] {
  const declared = server.type === 'pod' ? server.ports : [];
  const starts = ports.flatMap(({ port, endPort }) => {
    if (port === null) return [];
    if (typeof port === 'number') return [port, (endPort ?? port) + 1];
    return declared.flatMap(({ name, containerPort }) => (name === port ? [containerPort, containerPort + 1] : []));
  });
  return starts.filter((each) => each <= 65535);
}
