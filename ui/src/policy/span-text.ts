import type { Entity, ReachSpan } from '../../../proto/wire.ts';
import { entityName, entityNamespace, protocolName } from '../api/entity.ts';

/** `shop/cart` */
export function fullName(entity: Entity | null): string {
  const namespace = entityNamespace(entity);
  return namespace === '' ? entityName(entity) : `${namespace}/${entityName(entity)}`;
}

/** `443`, `8000-8010` or `every port` */
export function portsText({ firstPort, lastPort }: ReachSpan): string {
  if (firstPort <= 1 && lastPort === 65_535) return 'every port';
  return firstPort === lastPort ? String(firstPort) : `${firstPort}-${lastPort}`;
}

export function endsText({ client, server, clients }: ReachSpan): string {
  const others = clients > 1 ? ` and ${clients - 1} more` : '';
  return `${fullName(client)}${others} → ${fullName(server)}`;
}

/** `shop/cart → shop/db TCP 5432` */
export function spanText(span: ReachSpan): string {
  return `${endsText(span)} ${protocolName(span.protocol)} ${portsText(span)}`;
}
