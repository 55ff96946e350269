import type { Scope } from './scope.ts';
import type { UnixMs } from './time.ts';

/** What was accepted as what should be, without its edges. */
export interface Baseline {
  /** Lower case letters, digits, `-` and `.`, at most 63. */
  readonly name: string;
  readonly scope: Scope;
  readonly takenUnixMs: UnixMs;
  /** How many edges it holds. */
  readonly edges: number;
  /** For people; may be empty. */
  readonly comment: string;
}
