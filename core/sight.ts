import { type Address, parseAddress } from './address.ts';
import { type Entity, namespaceOf } from './identity.ts';

/** The namespaces that somebody may see of those that a question is about; null for all there are. */
export type Sight = ReadonlySet<string> | null;

/** What stands for every end that somebody may not see. */
export const hiddenEnd: Entity = { type: 'unresolved', address: parseAddress('0.0.0.0') as Address, reason: 'hidden' };

export function isHidden(entity: Entity): boolean {
  return entity.type === 'unresolved' && entity.reason === 'hidden';
}

export function sees(sight: Sight, namespace: string): boolean {
  return sight === null || sight.has(namespace);
}

/** An end as somebody may see it: what lives in no namespace is hidden from nobody. */
export function seenEnd(entity: Entity, sight: Sight): Entity {
  const namespace = namespaceOf(entity);
  return namespace === null || sees(sight, namespace) ? entity : hiddenEnd;
}

/** Whether an end lives in a namespace that may be seen. */
export function isInSight(entity: Entity, sight: Sight): boolean {
  const namespace = namespaceOf(entity);
  return namespace !== null && sees(sight, namespace);
}
