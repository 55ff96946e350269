import { familyOf } from '../../../core/address.ts';
import type { LinkClaim } from '../claim.ts';
import type { Route } from '../routes.ts';

const prefixOf = { 4: 32, 6: 128 };

/** Routes to one address each: behind their interface is the pod with that address. */
export function routeClaims(routes: readonly Route[]): LinkClaim[] {
  return routes
    .filter(({ prefix, destination }) => prefix === prefixOf[familyOf(destination)])
    .map(({ device, destination }) => ({
      means: 'address',
      linkName: device,
      ifindex: 0,
      pod: null,
      uid: null,
      containerId: '',
      address: destination,
    }));
}
