import { addDrops } from '../../core/flow.ts';
import { BatchWriter } from '../../proto/encode-batch.ts';
import type * as wire from '../../proto/wire.ts';
import { fit } from '../spool/fit.ts';
import { spoolStage } from '../spool/lost.ts';
import { readContent } from '../spool/merge.ts';
import type { Taken } from '../spool/spool.ts';

/** A dictionary is begun anew when most of its edges are of the past: their numbers are long, and take room elsewhere. */
const mostEdgesToKeep = 4096;
const edgesPerRow = 8;

/** Writes spooled batches for one stream, with the dictionary and the status that it has been told. */
export class StreamWriter {
  readonly #limits: wire.Limits;
  readonly #agentStatus: () => wire.AgentStatus;
  readonly #writer = new BatchWriter();
  #told: string;

  /** @param told the status that hello had */
  constructor(limits: wire.Limits, agentStatus: () => wire.AgentStatus, told: wire.AgentStatus) {
    this.#limits = limits;
    this.#agentStatus = agentStatus;
    this.#told = JSON.stringify(told);
  }

  /** The next batch says everything that it refers to. */
  reset(): void {
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
    const isOld = this.#writer.edges > Math.max(mostEdgesToKeep, edgesPerRow * rows);
    if (isFull || isOld) this.#writer.reset();
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
