import { verdictOf } from '../../core/edge.ts';
import { type CounterName, counterNames, type Protocol, zeroCounters } from '../../core/flow.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { Column } from '../../proto/column-batch.ts';
import { fillCounters, noDrops, type Rows } from '../graph/rows.ts';

/** Who reports a row, and of what. */
export interface Reporting {
  readonly protocol: Protocol;
  readonly isClient: boolean;
}

/** Those of the row that is judged: an object for each is much of what a batch takes. */
const judgedCounters = zeroCounters();

/** What the reporting end alone makes of each row. */
export class RowVerdicts {
  readonly #rows: Rows;
  readonly #established: Column;
  readonly #toServer: Column;
  readonly #toClient: Column;
  readonly #packetsToClient: Column;

  constructor(rows: Rows) {
    this.#rows = rows;
    const column = (name: CounterName) => rows.counters[counterNames.indexOf(name)] as Column;
    this.#established = column('established');
    this.#toServer = column('bytesToServer');
    this.#toClient = column('bytesToClient');
    this.#packetsToClient = column('packetsToClient');
  }

  at(row: number, group: Reporting): Verdict {
    return this.#cameThrough(row, group) ? 'forwarded' : this.#judged(row, group);
  }

  /** What verdictOf asks first, without an object for each row: most rows are of what came through. */
  #cameThrough(row: number, { protocol, isClient }: Reporting): boolean {
    if (protocol === 'TCP') {
      const carried = isClient ? this.#toClient : this.#toServer;
      return (this.#established[row] as number) > 0 || (carried[row] as number) > 0;
    }
    return protocol !== 'SCTP' && (this.#packetsToClient[row] as number) > 0 && !this.#rows.drops.has(row);
  }

  #judged(row: number, { protocol, isClient }: Reporting): Verdict {
    fillCounters(judgedCounters, this.#rows, row);
    const report = { counters: judgedCounters, drops: this.#rows.drops.get(row) ?? noDrops };
    return verdictOf(protocol, isClient ? report : null, isClient ? null : report);
  }
}
