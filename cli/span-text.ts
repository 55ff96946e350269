import { entityLabel } from '../core/identity.ts';
import { decodeEntity } from '../proto/convert-edge.ts';
import { coreProtocol } from '../proto/names.ts';
import type * as wire from '../proto/wire.ts';

/** An end as people read it; an end outside may be a block of addresses. */
export function endLabel(end: wire.Entity | null): string {
  if (end?.entity === 'external') return end.external;
  return end === null ? '' : entityLabel(decodeEntity(end));
}

/** `TCP 80-90`, `UDP all`. */
export function portsText({ protocol, firstPort, lastPort }: wire.ReachSpan): string {
  const name = coreProtocol[protocol] ?? protocol;
  if (firstPort <= 1 && lastPort === 65535) return `${name} all`;
  return firstPort === lastPort ? `${name} ${firstPort}` : `${name} ${firstPort}-${lastPort}`;
}

/** `shop/deployment/web and 3 more -> shop/deployment/cart TCP 80-90`. */
export function spanText(span: wire.ReachSpan): string {
  const more = span.clients > 1 ? ` and ${span.clients - 1} more` : '';
  return `${endLabel(span.client)}${more} -> ${endLabel(span.server)} ${portsText(span)}`;
}
