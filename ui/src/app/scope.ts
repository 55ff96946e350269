import type { Scope } from '../../../proto/wire.ts';
import type { ViewState } from './view-state.ts';

/** The scope that the API is asked for; null for the whole cluster. A Service's is its namespace. */
export function scopeOf({ namespace, entity }: Pick<ViewState, 'namespace' | 'entity'>): Scope | null {
  if (namespace === '') return null;
  return { namespace, workload: entity === null || entity.kind === 'Service' ? null : { namespace, ...entity } };
}
