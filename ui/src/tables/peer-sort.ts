import type { Row } from './rows.ts';

/** Peers by what is known of their address. */
export const peerSorts = ['inside', 'outside', 'aliased', 'unresolved'] as const;
export type PeerSort = (typeof peerSorts)[number];

/** What is known of the address of a row's peer. */
export function peerSortOf({ peerKind, direction, edge }: Row): PeerSort {
  if (peerKind === 'unresolved') return 'unresolved';
  const peer = direction === 'ingress' ? edge.client : edge.server;
  if (peer?.entity !== 'external') return 'inside';
  return peer.alias === null ? 'outside' : 'aliased';
}

/** The rows of one sort of peers; of all where none is named. */
export function ofPeers(rows: readonly Row[], sort: PeerSort | ''): readonly Row[] {
  return sort === '' ? rows : rows.filter((row) => peerSortOf(row) === sort);
}
