import type { EdgeId } from './edge.ts';
import { type Entity, namespaceOf, type WorkloadRef } from './identity.ts';

/** Which workloads are meant: all, those of a namespace, or one. An edge is in scope when either of its ends is. */
export interface Scope {
  /** Null means every namespace. */
  readonly namespace: string | null;
  /** Null means every workload. */
  readonly workload: WorkloadRef | null;
}

export function entityInScope(scope: Scope, entity: Entity): boolean {
  if (scope.namespace !== null && namespaceOf(entity) !== scope.namespace) return false;
  const { workload } = scope;
  if (workload === null) return true;
  if (entity.type !== 'workload') return false;
  return entity.namespace === workload.namespace && entity.kind === workload.kind && entity.name === workload.name;
}

export function edgeInScope(scope: Scope, edge: EdgeId): boolean {
  return entityInScope(scope, edge.client) || entityInScope(scope, edge.server);
}
