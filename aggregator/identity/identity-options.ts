import type { Cidr } from '../../core/address.ts';
import type { Milliseconds } from '../../core/time.ts';

export interface IdentityOptions {
  readonly podCidrs: readonly Cidr[];
  readonly serviceCidrs: readonly Cidr[];
  /** How long who is gone is remembered, for batches that come late. */
  readonly memoryMs: Milliseconds;
  /** How many of those are remembered, of each kind. */
  readonly maxGone: number;
  /** How late the cluster's state may show a change, and by how much clocks may differ. */
  readonly toleranceMs: Milliseconds;
}
