import { addDrops } from '../../core/flow.ts';
import { BatchWriter } from '../../proto/encode-batch.ts';
import type * as wire from '../../proto/wire.ts';
import { fit } from '../spool/fit.ts';
import { spoolStage } from '../spool/lost.ts';
import { readContent } from '../spool/merge.ts';
import type { Taken } from '../spool/spool.ts';

/**
 * A dictionary is begun anew when most of its edges are of the past: their numbers are long, and the aggregator keeps
 * some 120 bytes for each, of every agent. To begin anew costs about as much as five windows do.
 */
const mostEdgesToKeep = 512;
const edgesPerRow = 2;

/** Writes spooled batches for one stream, with the dictionary and the status that it has been told. */
export class StreamWriter {
  readonly #limits: wire.Limits;
  readonly #agentStatus: () => wire.AgentStatus;
  readonly #writer = new BatchWriter();
  #told: string;
  /** Of a batch since the dictionary began. */
  #mostRows = 0;

  /** @param told the status that hello had */
  constructor(limits: wire.Limits, agentStatus: () => wire.AgentStatus, told: wire.AgentStatus) {
    this.#limits = limits;
    this.#agentStatus = agentStatus;
    this.#told = JSON.stringify(told);
  }

  /** The next batch says everything that it refers to. */
  reset(): void {
    this.#mostRows = 0;
    this.#writer.reset();
  }

  /** @throws Invalid when it is no batch that this agent could have spooled */
  write(taken: Taken): wire.Batch {
    const spooled = readContent(taken);
    const losses = { ...spooled.losses };
    if (taken.lostRecords > 0) addDrops(losses, { [spoolStage]: taken.lostRecords });
    const { batch } = fit({ ...spooled, losses }, this.#limits, taken.body);
    const rows = batch.rows.edges.length;
    const more = Math.max(...Object.values(batch.rows.dictionary.sizes));
    const isFull = this.#writer.entries + more > this.#limits.maxDictionaryEntries;
    this.#mostRows = Math.max(this.#mostRows, rows);
    const isOld = this.#writer.edges > Math.max(mostEdgesToKeep, edgesPerRow * this.#mostRows);
    if (isFull || isOld) {
      this.reset();
      this.#mostRows = rows;
    }
    return this.#writer.write(batch, this.#news());
  }

  /** The status, where it is not as it was told. */
  #news(): wire.AgentStatus | null {
    const status = this.#agentStatus();
    const now = JSON.stringify(status);
    if (now === this.#told) return null;
    this.#told = now;
    return status;
  }
}
