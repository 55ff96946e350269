import type { Address } from '../../core/address.ts';
import type { PodRef } from '../../core/identity.ts';

/** By which means a link alone, without its namespace, says whose it is; the surest first. */
export type ClaimMeans = 'ovsdb' | 'cilium-api' | 'cilium-state' | 'interface-name' | 'address';

/** What a link's name, or a CNI's own records, say of the pod behind it. */
export interface Claim {
  readonly means: ClaimMeans;
  readonly pod: Pick<PodRef, 'namespace' | 'name'>;
  /** Null where the source knows names only. */
  readonly uid: string | null;
}

/** What a source says of one interface, before it is known which pod that is. */
export interface LinkClaim {
  readonly means: ClaimMeans;
  readonly linkName: string;
  /** 0 where the source does not tell; names are used again, so that where it does both must fit. */
  readonly ifindex: number;
  readonly pod: Claim['pod'] | null;
  readonly uid: string | null;
  /** Id of the pod's sandbox; empty where the source does not tell. */
  readonly containerId: string;
  /** Of the pod; null where the source does not tell. */
  readonly address: Address | null;
}
