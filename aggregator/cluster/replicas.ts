import type { Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';
import type { Clock, Milliseconds } from '../../core/time.ts';
import { decodeReport, encodeReport } from '../../proto/replica-report.ts';
import type * as wire from '../../proto/wire.ts';
import type { Store, StoredReplica } from '../store/store.ts';

export interface ReplicasOptions {
  /** Of this process, among those that share the store. */
  readonly id: string;
  readonly store: Store;
  /** What this process knows by itself. */
  readonly report: () => wire.GetStatusResponse;
  /** How often it is told. */
  readonly everyMs: Milliseconds;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A process that was not heard of for so many times its turn was killed, or does not reach the store. */
const silentTurns = 2.5;

/** For so many times its turn it is told of as missing. */
const rememberedTurns = 30;

/** Agents of a process that is missing have gone to others. */
function withoutAgents(report: wire.GetStatusResponse): wire.GetStatusResponse {
  return { ...report, clusters: [], replicas: report.replicas.map((each) => ({ ...each, agentsConnected: 0 })) };
}

/** Tells the other processes that share the store what this one knows, and what they have told. */
export class Replicas {
  readonly #options: ReplicasOptions;
  readonly #timer: NodeJS.Timeout | null = null;
  #telling: Promise<void> | null = null;

  constructor(options: ReplicasOptions) {
    this.#options = options;
    if (!options.store.isShared) return;
    this.#timer = setInterval(() => this.#tell(), options.everyMs);
    this.#tell();
  }

  /** What the others told last; of those that are silent meanwhile only that they are missing. @throws WeirError STORE */
  async others(): Promise<readonly wire.GetStatusResponse[]> {
    const { id, store, everyMs } = this.#options;
    const stored = (await store.replicas()).filter((each) => each.id !== id && each.ageMs < this.#forgetAfterMs);
    return stored.flatMap((each) => {
      const isSilent = each.ageMs > silentTurns * everyMs;
      return this.#read(each).map((report) => (isSilent ? withoutAgents(report) : report));
    });
  }

  #read({ id, ageMs, body }: StoredReplica): readonly wire.GetStatusResponse[] {
    const { clock, log } = this.#options;
    const report = decodeReport(body);
    if (typeof report !== 'string') {
      const seenUnixMs = clock.now() - ageMs;
      return [{ ...report, replicas: report.replicas.map((replica) => ({ ...replica, seenUnixMs })) }];
    }
    log.warn({ replica: id, reason: report }, 'what another aggregator told cannot be read');
    return [];
  }

  get #forgetAfterMs(): Milliseconds {
    return rememberedTurns * this.#options.everyMs;
  }

  #tell(): void {
    const { id, store, report, log } = this.#options;
    this.#telling ??= store
      .setReplica(id, encodeReport(report()), this.#forgetAfterMs)
      .catch((error: unknown) =>
        log.warn({ error: messageOf(error) }, 'the other aggregators could not be told of this one, to be tried again'),
      )
      .finally(() => {
        this.#telling = null;
      });
  }

  /** Ends what is under way, and says that this process ends. */
  async close(): Promise<void> {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    await this.#telling;
    await this.#options.store.removeReplica(this.#options.id).catch((error: unknown) => {
      this.#options.log.warn({ error: messageOf(error) }, 'the other aggregators will miss this one for a while');
    });
  }
}
