import { namespaceOf } from '../../core/identity.ts';
import type { Graphs } from './asked.ts';

/** A namespace with those at the far ends of its traffic; all there are where none is given. */
export function namespacesAround(namespace: string, { state, history }: Graphs): ReadonlySet<string> {
  if (namespace === '') return new Set(state.namespaces);
  const found = new Set([namespace]);
  for (const { client, server } of history.ends({ namespace, workload: null })) {
    for (const end of [client, server]) found.add(namespaceOf(end) ?? namespace);
  }
  return found;
}
