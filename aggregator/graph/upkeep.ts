import type { Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';
import type { Clock, Milliseconds, UnixMs } from '../../core/time.ts';
import type { RollUpResult, Store } from '../store/store.ts';
import { PartMemory } from './part-memory.ts';
import type { Live } from './live.ts';
import { Tail } from './tail.ts';
import type { Tier } from './tiers.ts';

export interface UpkeepOptions {
  readonly cluster: string;
  readonly store: Store;
  readonly tiers: readonly Tier[];
  /** For how long segments stay as they are: what a process that fell behind can still take in. */
  readonly tailMs: Milliseconds;
  readonly keepSightingsMs: Milliseconds;
  readonly maxSightings: number;
  readonly live: Live;
  readonly clock: Clock;
  readonly log: Logger;
}

const dictionaryEveryMs: Milliseconds = 86_400_000;

/** What is done to the store from time to time: rolled up, checkpoints written, what nobody needs removed. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #tail: Tail;
  #checkpointId = 0;
  #checkpointUnixMs: UnixMs;
  #dictionaryUnixMs: UnixMs;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#tail = new Tail(options.tailMs);
    this.#checkpointUnixMs = this.#dictionaryUnixMs = options.clock.now();
  }

  /** Does what is due. What fails is tried again the next time. */
  async run(): Promise<void> {
    const { clock, live, log, tailMs } = this.#options;
    const now = clock.now();
    try {
      await live.relieve();
      const result = await this.#rollUp(now);
      // Of several processes the one that has rolled up does the rest.
      if (result === 'busy') return;
      if (now - this.#checkpointUnixMs >= tailMs / 2) await this.checkpoint();
      if (now - this.#dictionaryUnixMs < dictionaryEveryMs) return;
      this.#dictionaryUnixMs = now;
      await this.#prune();
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'the upkeep of the store failed, to be tried again');
    }
  }

  async #rollUp(now: UnixMs): Promise<RollUpResult> {
    const { cluster, store, tiers, keepSightingsMs, maxSightings, live } = this.#options;
    const throughId = this.#tail.mark(now, live.throughId);
    for (;;) {
      const result = await store.rollUp(cluster, { tiers, now, throughId, keepSightingsMs, maxSightings });
      if (result !== 'moved') return result;
    }
  }

  /** Keeps what stands ready, for the next start. @throws WeirError STORE */
  async checkpoint(): Promise<void> {
    const { cluster, store, live, clock } = this.#options;
    this.#checkpointUnixMs = clock.now();
    if (live.throughId === this.#checkpointId) return;
    const { throughId } = live;
    let all = true;
    const memory = new PartMemory();
    try {
      for (const span of live.standing.spans) {
        await live.poll();
        const isWhole = await live.lendCheckpoint(span, memory, (checkpoint) =>
          store.keepCheckpoint(cluster, checkpoint),
        );
        if (!isWhole) all = false;
      }
    } finally {
      memory.end();
    }
    if (all) this.#checkpointId = throughId;
  }

  async #prune(): Promise<void> {
    const { cluster, store, log } = this.#options;
    const lanes = await store.pruneDictionary(cluster);
    if (lanes > 0) log.info({ lanes }, 'removed lanes that nothing refers to any more');
  }
}
