import type { EdgeId } from '../../core/edge.ts';
import { unresolvedReasons } from '../../core/identity.ts';
import type * as wire from '../../proto/wire.ts';

/** How many different addresses in a graph have no name, for every reason there is. */
export function countUnresolved(edges: Iterable<EdgeId>): wire.UnresolvedCount[] {
  const addresses = new Map(unresolvedReasons.map((reason) => [reason, new Set<string>()]));
  for (const { client, server } of edges) {
    for (const end of [client, server]) if (end.type === 'unresolved') addresses.get(end.reason)?.add(end.address);
  }
  return [...addresses].map(([reason, { size }]) => ({ reason, addresses: size }));
}
