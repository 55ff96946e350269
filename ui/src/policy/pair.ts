import type { Entity, Protocol } from '../../../proto/wire.ts';
import { entityId, parseEntityId } from '../api/entity.ts';

/** A communication that is asked about. */
export interface Pair {
  readonly client: Entity;
  readonly server: Entity;
  readonly protocol: Protocol;
  readonly port: number;
}

const protocols: Readonly<Record<string, Protocol>> = {
  TCP: 'PROTOCOL_TCP',
  UDP: 'PROTOCOL_UDP',
  SCTP: 'PROTOCOL_SCTP',
  ICMP: 'PROTOCOL_ICMP',
  ICMPv6: 'PROTOCOL_ICMPV6',
};

/** Reads `workload:shop/Deployment/cart>workload:shop/Deployment/db|TCP|5432`; null for anything else. */
export function parsePair(text: string): Pair | null {
  const [ends = '', name = '', port = ''] = text.split('|');
  const [from = '', to = ''] = ends.split('>');
  const [client, server, protocol] = [parseEntityId(from), parseEntityId(to), protocols[name]];
  if (client === null || server === null || protocol === undefined || !/^\d{1,5}$/.test(port)) return null;
  return Number(port) > 65_535 ? null : { client, server, protocol, port: Number(port) };
}

/** `shop/Deployment/cart`, an address, or `node n1`, as people type an end; null for what is none. */
export function parseEnd(text: string): Entity | null {
  const typed = text.trim();
  if (/^[0-9a-f]*[.:][0-9a-f.:]+$/i.test(typed)) return { entity: 'external', external: typed, alias: null };
  if (/^node \S+$/.test(typed)) return { entity: 'node', node: typed.slice(5) };
  const parts = typed.split('/');
  return parts.length === 3 && !parts.includes('') ? parseEntityId(`workload:${typed}`) : null;
}

/** What parseEnd reads back. */
export function endText(entity: Entity): string {
  const id = entityId(entity);
  return entity.entity === 'node' ? `node ${entity.node}` : id.slice(id.indexOf(':') + 1);
}

/** As the URL has it. */
export function pairText({ client, server, protocol, port }: Pair): string {
  const name = Object.keys(protocols).find((each) => protocols[each] === protocol) ?? 'TCP';
  return `${entityId(client)}>${entityId(server)}|${name}|${port}`;
}
