import type { EdgeId } from '../../core/edge.ts';
import { unresolvedReasons } from '../../core/identity.ts';
import { isHidden } from '../../core/sight.ts';
import type * as wire from '../../proto/wire.ts';

/** How many different addresses in a graph have no name, for every reason there is; what is hidden has one. */
export function countUnresolved(edges: Iterable<EdgeId>): wire.UnresolvedCount[] {
  const addresses = new Map(unresolvedReasons.map((reason) => [reason, new Set<string>()]));
  for (const { client, server } of edges) {
    for (const end of [client, server])
      if (end.type === 'unresolved' && !isHidden(end)) addresses.get(end.reason)?.add(end.address);
  }
  return [...addresses].map(([reason, { size }]) => ({ reason, addresses: size }));
}
