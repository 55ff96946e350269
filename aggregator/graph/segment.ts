import type { Losses } from '../../core/flow.ts';
import type { Window } from '../../core/time.ts';
import type { CodedRows } from '../../proto/column-batch.ts';
import type { Rows } from './rows.ts';

/** A batch with its addresses resolved: it describes itself and needs no state of the cluster any more. */
export interface Segment {
  readonly cluster: string;
  readonly node: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly window: Window;
  readonly losses: Losses;
  readonly rows: Rows;
  /** The numbers of the rows as the agent sent them, in their order; null where they are not at hand. */
  readonly coded: CodedRows | null;
}
