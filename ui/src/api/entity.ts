import type { Edge, Entity, Protocol, Verdict, WorkloadRef } from '../../../proto/wire.ts';

/** `Deployment/cart` */
export function workloadName({ kind, name }: WorkloadRef): string {
  return `${kind}/${name}`;
}

/** A text that is equal for equal ends only: the id that the map's nodes have, where they are not rolled up. */
export function entityId(entity: Entity | null): string {
  switch (entity?.entity) {
    case 'workload':
      return `workload:${entity.workload.namespace}/${workloadName(entity.workload)}`;
    case 'service':
      return `service:${entity.service.namespace}/${entity.service.name}`;
    case 'node':
      return `node:${entity.node}`;
    case 'external':
      return `external:${entity.external}`;
    case 'unresolved':
      return `unresolved:${entity.unresolved.address}`;
    case undefined:
      return 'unknown:';
  }
}

/** Whether an end lies where the reader may not look: the aggregator tells nothing of it. */
function isHidden(entity: Entity | null): boolean {
  return entity?.entity === 'unresolved' && entity.unresolved.reason === 'hidden';
}

/** How people read an end, without its namespace. */
export function entityName(entity: Entity | null): string {
  switch (entity?.entity) {
    case 'workload':
      return entity.workload.name;
    case 'service':
      return entity.service.name;
    case 'node':
      return entity.node;
    case 'external':
      return entity.alias === null ? entity.external : `${entity.alias.name} (${entity.external})`;
    case 'unresolved':
      return isHidden(entity) ? 'hidden from you' : entity.unresolved.address;
    case undefined:
      return 'unknown';
  }
}

/** As the command line names an end: `shop/deployment/cart`, `service shop/db`, `node n1` or an address. */
export function endName(entity: Entity | null): string {
  switch (entity?.entity) {
    case 'workload': {
      const { namespace, kind, name } = entity.workload;
      return `${namespace}/${kind.toLowerCase()}/${name}`;
    }
    case 'service':
      return `service ${entity.service.namespace}/${entity.service.name}`;
    case 'node':
      return `node ${entity.node}`;
    default:
      return addressOf(entity) ?? '';
  }
}

/** Empty for what stands outside all namespaces. */
export function entityNamespace(entity: Entity | null): string {
  if (entity?.entity === 'workload') return entity.workload.namespace;
  return entity?.entity === 'service' ? entity.service.namespace : '';
}

/** What kind of thing an end is, in one word: Deployment, Service, node, external, unresolved. */
export function entityKind(entity: Entity | null): string {
  if (entity?.entity === 'workload') return entity.workload.kind;
  if (entity?.entity === 'service') return 'Service';
  return isHidden(entity) ? 'hidden' : (entity?.entity ?? 'unknown');
}

/** The address of an end that has no other identity; null for all else. */
export function addressOf(entity: Entity | null): string | null {
  if (isHidden(entity)) return null;
  if (entity?.entity === 'external') return entity.external;
  return entity?.entity === 'unresolved' ? entity.unresolved.address : null;
}

/** Reads `workload:shop/Deployment/cart`, `external:192.0.2.1` and so on back; null for what is none. */
export function parseEntityId(id: string): Entity | null {
  const colon = id.indexOf(':');
  const [type, rest] = [id.slice(0, colon), id.slice(colon + 1)];
  const [first = '', second = '', third = ''] = rest.split('/');
  if (rest === '') return null;
  switch (type) {
    case 'workload':
      return third === '' ? null : { entity: 'workload', workload: { namespace: first, kind: second, name: third } };
    case 'service':
      return second === '' ? null : { entity: 'service', service: { namespace: first, name: second } };
    case 'node':
      return { entity: 'node', node: rest };
    case 'external':
      return { entity: 'external', external: rest, alias: null };
    case 'unresolved':
      return { entity: 'unresolved', unresolved: { address: rest, reason: '' } };
    default:
      return null;
  }
}

/** `TCP`, or `?` where it was not said. */
export function protocolName(protocol: Protocol): string {
  const name = protocol.slice('PROTOCOL_'.length);
  if (name === 'ICMPV6') return 'ICMPv6';
  return name === 'UNSPECIFIED' ? '?' : name;
}

/** `TCP 443`; ICMP by type and code. */
export function portText(protocol: Protocol, port: number): string {
  if (protocol === 'PROTOCOL_ICMP' || protocol === 'PROTOCOL_ICMPV6') {
    return `${protocolName(protocol)} ${port >> 8}/${port & 255}`;
  }
  return `${protocolName(protocol)} ${port}`;
}

export type VerdictName = 'forwarded' | 'dropped' | 'refused' | 'unanswered' | 'unknown';

export function verdictName(verdict: Verdict): VerdictName {
  switch (verdict) {
    case 'VERDICT_FORWARDED':
      return 'forwarded';
    case 'VERDICT_DROPPED':
      return 'dropped';
    case 'VERDICT_REFUSED':
      return 'refused';
    case 'VERDICT_UNANSWERED':
      return 'unanswered';
    case 'VERDICT_UNSPECIFIED':
      return 'unknown';
  }
}

/** A text that is equal for the same edge only. */
export function edgeId({ client, server, protocol, port }: Edge): string {
  return `${entityId(client)}>${entityId(server)}|${protocolName(protocol)}|${port}`;
}
