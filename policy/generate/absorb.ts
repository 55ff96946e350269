import type { Labels } from '../../core/kubernetes.ts';
import { cidrContainsBytes } from '../../core/address.ts';
import { addGrounds, type PeerGrants } from './peer-grants.ts';
import { covers } from './rule-peer.ts';
import { holdsPort } from './rule-port.ts';

function size(labels: Labels | null): number {
  return labels === null ? 0 : Object.keys(labels).length;
}

/** How much a peer demands: only one that demands less can cover another. */
function demands({ peer }: PeerGrants): number {
  switch (peer.type) {
    case 'everyone':
      return -1;
    case 'pods':
      return size(peer.namespace) + size(peer.labels);
    case 'block':
      return peer.block.prefix;
  }
}

function placeOf({ peer }: PeerGrants): string {
  if (peer.type !== 'pods') return peer.type === 'block' ? `block ${peer.block.family}` : '';
  return peer.namespace === null ? 'own' : 'other';
}

/** The peers that may cover others, the widest first: those of one place that demand less than the most. */
function wideOf(peers: readonly PeerGrants[]): ReadonlyMap<string, readonly PeerGrants[]> {
  const byPlace = new Map<string, PeerGrants[]>();
  for (const each of peers) {
    const place = placeOf(each);
    const beside = byPlace.get(place);
    if (beside === undefined) byPlace.set(place, [each]);
    else beside.push(each);
  }
  return new Map(
    [...byPlace].map(([place, beside]) => {
      const most = beside.reduce((found, each) => Math.max(found, demands(each)), 0);
      const wide = beside.filter((each) => demands(each) < most);
      return [place, wide.sort((a, b) => demands(a) - demands(b))] as const;
    }),
  );
}

function coveredBy(each: PeerGrants, wide: PeerGrants): boolean {
  if (wide === each) return false;
  if (each.peer.type === 'block' && wide.peer.type === 'block') {
    const [outer, inner] = [wide.peer.block, each.peer.block];
    return outer.prefix < inner.prefix && cidrContainsBytes(outer, inner.network);
  }
  return demands(wide) < demands(each) && covers(wide.peer, each.peer);
}

/**
 * Takes from each peer the ports that a wider peer has too, and takes peers away of which nothing is left: what they
 * rest on goes to the wider one. What is allowed stays exactly the same.
 */
export function absorb(peers: readonly PeerGrants[], everyone: PeerGrants | null): PeerGrants[] {
  const wide = wideOf(peers);
  const kept: PeerGrants[] = [];
  for (const each of peers) {
    const wider = (wide.get(placeOf(each)) ?? []).filter((other) => coveredBy(each, other));
    if (everyone !== null && everyone !== each) wider.unshift(everyone);
    let left = each.ports;
    let heir: PeerGrants | null = null;
    for (const other of wider) {
      if (left === null ? other.ports !== null : left.length === 0) continue;
      const rest = left === null ? [] : left.filter((port) => !holdsPort(other.ports, port));
      if (rest.length === (left?.length ?? -1)) continue;
      heir = other;
      left = rest;
    }
    if (heir !== null && left !== null && left.length === 0) addGrounds(heir, each);
    else {
      each.ports = left;
      kept.push(each);
    }
  }
  return kept;
}
