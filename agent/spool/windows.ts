import type { Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';
import { addDrops, type FlowRecord, type Losses } from '../../core/flow.ts';
import type { Window } from '../../core/time.ts';
import type { ColumnBatch } from '../../proto/column-batch.ts';
import { mergeBatches } from '../../proto/merge-batches.ts';
import { columnsOf } from '../../proto/row-sums.ts';
import { spoolStage } from './lost.ts';
import type { Spool, SpoolLedger } from './spool.ts';

/** What one window saw, by record. */
export interface SeenWindow {
  readonly window: Window;
  readonly losses: Losses;
  readonly records: readonly FlowRecord[];
}

/**
 * Brings windows into the spool. While that cannot be written, because its disk is full, the windows are held here as
 * one that becomes longer; a batch's bounds are its bounds too.
 */
export class Windows {
  readonly #spool: Spool;
  readonly #maxRows: number;
  readonly #log: Logger;
  #held: ColumnBatch | null = null;

  /** @param maxRows of what is held */
  constructor(spool: Spool, maxRows: number, log: Logger) {
    this.#spool = spool;
    this.#maxRows = maxRows;
    this.#log = log;
  }

  /** @param state of what it was made from. @returns whether everything so far is in the spool */
  keep({ window, losses, records }: SeenWindow, state: Uint8Array): boolean {
    const now = { epoch: 0, firstSequence: 0, sequence: 0, window, losses, rows: columnsOf(records) };
    const batch = this.#held === null ? now : this.#withHeld(this.#held, now);
    const before = this.#spool.ledger;
    try {
      this.#spool.append(batch, state);
      this.#sayWhatWent(before);
      this.#held = null;
      return true;
    } catch (error) {
      this.#log.error(
        { reason: messageOf(error), rows: batch.rows.edges.length },
        'spool cannot be written, window goes on',
      );
      this.#held = batch;
      return false;
    }
  }

  #sayWhatWent(before: SpoolLedger): void {
    const { droppedBatches, mergedBatches, pending } = this.#spool.ledger;
    const [dropped, merged] = [droppedBatches - before.droppedBatches, mergedBatches - before.mergedBatches];
    if (dropped > 0) this.#log.error({ dropped, pending }, 'spool full, oldest batches dropped');
    else if (merged > 0) this.#log.warn({ merged, pending }, 'spool full, windows widened');
  }

  #withHeld(held: ColumnBatch, now: ColumnBatch): ColumnBatch {
    const merged = mergeBatches(held, now, this.#maxRows);
    if (merged !== null) return merged;
    const losses = { ...now.losses };
    addDrops(losses, held.losses);
    addDrops(losses, { [spoolStage]: held.rows.edges.length });
    return { ...now, losses };
  }
}
