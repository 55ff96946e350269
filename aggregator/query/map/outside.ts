import { type Address, familyOf, parseCidr } from '../../../core/address.ts';
import type { Edge } from '../../../core/edge.ts';
import type { Entity } from '../../../core/identity.ts';
import { compareText } from '../../../core/order.ts';

type External = Extract<Entity, { type: 'external' }>;

/** Blocks of outside addresses that have neither alias nor name: as wide as is announced in the Internet at least. */
const blockPrefix = { 4: 24, 6: 48 } as const;

/** By which name each outside address was asked for in the DNS: of several the first in their order. */
export function outsideNames(edges: readonly Edge[]): ReadonlyMap<Address, string> {
  const names = new Map<Address, string>();
  for (const { server, merged } of edges) {
    const [first] = merged.serverNames;
    if (server.type !== 'external' || first === undefined) continue;
    const known = names.get(server.address);
    if (known === undefined || compareText(first, known) < 0) names.set(server.address, first);
  }
  return names;
}

/** What an outside address is shown as part of: its alias, its name, or its block. */
export function outsideGroup({ address, alias }: External, names: ReadonlyMap<Address, string>): string {
  return alias?.name ?? names.get(address) ?? blockOf(address);
}

function blockOf(address: Address): string {
  return parseCidr(`${address}/${blockPrefix[familyOf(address)]}`)?.text ?? address;
}
