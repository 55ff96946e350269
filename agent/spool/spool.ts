import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, WeirError } from '../../core/errors.ts';
import type { Losses } from '../../core/flow.ts';
import type { UnixMs, Window } from '../../core/time.ts';
import type { RowColumns } from '../../proto/column-batch.ts';
import type { Limits } from '../../proto/wire.ts';
import { type BatchId, compareBatchIds, laterBatchId } from './batch-id.ts';
import { keepEpoch, readEpoch } from './epoch-file.ts';
import { fit } from './fit.ts';
import { LostRecords } from './lost.ts';
import { Marks } from './marks.ts';
import type { Label } from './record.ts';
import type { Content, Entry } from './segment.ts';
import { Segments } from './segments.ts';
import { StateFile } from './state-file.ts';

export interface SpoolOptions {
  /** Bound of all its segments. */
  readonly maxBytes: number;
  /** What a batch may have. */
  readonly limits: Limits;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** What one window saw. */
export interface WindowContent {
  readonly window: Window;
  readonly losses: Losses;
  readonly rows: RowColumns;
}

/** A batch that is about to be sent. */
export interface Taken extends Content {
  /** Records of batches before it that were given up: it has to tell of them. */
  readonly lostRecords: number;
}

/** What became of batches since the start, and what waits. */
export interface SpoolLedger {
  readonly pending: number;
  readonly bytes: number;
  readonly acknowledged: number;
  /** Batches that were given up, and their rows: there was no room for them, or the aggregator could not take them. */
  readonly droppedBatches: number;
  readonly droppedRecords: number;
  /** Batches that became part of the one behind them to make room. */
  readonly mergedBatches: number;
  /** Bytes that were not as they had been written. */
  readonly damagedBytes: number;
}

/** So that what is given up at once is little. */
const segmentsPerSpool = 64;
/** Added to an epoch at random, because two spools that claim one node and choose the same could not be told apart. */
const epochSpread = 2 ** 20;

/**
 * Batches that are not acknowledged yet, so that they outlive the agent. When the bound is reached, windows are
 * widened: neighbouring batches that were certainly not sent become one, the oldest first. When that makes no room, the
 * oldest go, are counted, and the next batch that is sent tells of them.
 *
 * Batches are written but not synced: the end of the process does not harm them, a power failure may take the last ones.
 */
export class Spool {
  readonly #folder: string;
  readonly #options: SpoolOptions;
  readonly #marks: Marks;
  readonly #stateFile: StateFile;
  readonly #segments: Segments;
  readonly #state: Buffer | null;
  #epoch: number;
  #keptEpoch: number;
  #sequence = 0;
  /** Batches up to this one may have been sent. */
  #sent: BatchId | null;
  #forgotten: BatchId | null;
  readonly #lost: LostRecords;
  readonly #counts = { acknowledged: 0, droppedBatches: 0, droppedRecords: 0, mergedBatches: 0, damagedBytes: 0 };

  /**
   * Opens a folder and makes it when it is missing; batches of earlier starts are still there to be sent.
   * @param now about the epoch of this start, unless an earlier start had a later one
   * @throws WeirError SPOOL
   */
  constructor(folder: string, options: SpoolOptions, now: UnixMs) {
    this.#folder = folder;
    this.#options = options;
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
      this.#segments = new Segments(folder, options.maxBytes / segmentsPerSpool);
      this.#counts.damagedBytes = this.#segments.open();
      const newest = this.#segments.entries.at(-1)?.id ?? null;
      this.#marks = new Marks(join(folder, 'marks'));
      const marked = this.#marks.read();
      // Without marks, everything that is there may have been sent.
      this.#sent = marked === null ? newest : marked.sent;
      this.#forgotten = laterBatchId(marked?.forgotten ?? null, goneBefore(this.#segments.entries[0], this.#sent));
      this.#lost = new LostRecords(marked?.lostRecords ?? 0);
      if (marked === null) this.#markIfPossible();
      this.#stateFile = new StateFile(folder);
      this.#state = this.#stateFile.read(newest);
      this.#keptEpoch = readEpoch(folder);
      const known = Math.max(this.#keptEpoch, newest?.epoch ?? 0, this.#sent?.epoch ?? 0);
      this.#epoch = this.#epochBehind(Math.max(now - 1, known));
    } catch (error) {
      throw this.#error(error);
    }
  }

  #epochBehind(epoch: number): number {
    return epoch + 1 + Math.floor(this.#options.random() * epochSpread);
  }

  #error(error: unknown): WeirError {
    const what = `${this.#folder}: ${messageOf(error)}; give a folder that can be written, with room, with --spool`;
    return new WeirError('SPOOL', what, { cause: error });
  }

  /** State that an earlier start kept with its last batch; null when there is none. */
  get state(): Buffer | null {
    return this.#state;
  }

  /** Keeps the state of before the first batch. @throws WeirError SPOOL; then that of before still counts */
  begin(state: Uint8Array): void {
    try {
      this.#stateFile.begin(state);
    } catch (error) {
      throw this.#error(error);
    }
  }

  /** Batches that wait for an acknowledgement, oldest first. */
  get pending(): readonly BatchId[] {
    return this.#segments.entries.map(({ id }) => id);
  }

  /** The oldest batch that waits, by the first sequence that it stands for; null when there is none. */
  get oldest(): BatchId | null {
    const entry = this.#segments.entries[0];
    return entry === undefined ? null : { epoch: entry.id.epoch, sequence: entry.firstSequence };
  }

  /** Bound of `bytes` of the ledger. */
  get maxBytes(): number {
    return this.#options.maxBytes;
  }

  /**
   * The last batch that may have been sent and is here no more; null when there was none. Where the aggregator has
   * committed less, its database is older than what it acknowledged.
   */
  get forgotten(): BatchId | null {
    return this.#forgotten;
  }

  get ledger(): SpoolLedger {
    return { ...this.#counts, pending: this.#segments.entries.length, bytes: this.#segments.bytes };
  }

  /**
   * Keeps one batch, and makes room for it if it must.
   * @param state of what it was made from, to be found by a later start if and only if the batch was kept
   * @throws WeirError SPOOL; then the batch was not kept
   */
  append(content: WindowContent, state: Uint8Array): void {
    const id = { epoch: this.#epoch, sequence: this.#sequence + 1 };
    const { batch, body } = fit({ ...content, ...id, firstSequence: id.sequence }, this.#options.limits);
    const label = { id, firstSequence: id.sequence, rows: batch.rows.edges.length };
    try {
      if (this.#keptEpoch !== this.#epoch) keepEpoch(this.#folder, this.#epoch);
      this.#keptEpoch = this.#epoch;
      this.#stateFile.propose(id, state);
      this.#segments.append({ label, body });
      this.#sequence = id.sequence;
    } catch (error) {
      throw this.#error(error);
    }
    this.#stateFile.confirm();
    this.#makeRoom();
  }

  #widen(): number {
    const mayMerge = ({ id }: Label) => this.#sent === null || compareBatchIds(id, this.#sent) > 0;
    try {
      return this.#segments.widen(mayMerge, this.#options.limits.maxRows);
    } catch {
      // There is no room even to write what would be shorter: then the oldest have to go.
      return 0;
    }
  }

  #makeRoom(): void {
    while (this.#segments.bytes > this.#options.maxBytes) {
      const merged = this.#widen();
      this.#counts.mergedBatches += merged;
      if (merged > 0) continue;
      const oldest = this.#segments.oldestSegment;
      if (oldest.length === 0) return;
      this.#giveUp(oldest);
    }
  }

  /** Forgets batches that are not acknowledged; the next batch that is sent for the first time tells of them. */
  #giveUp(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const rows = entries.reduce((sum, entry) => sum + entry.rows, 0);
    for (const { id } of entries) this.#lost.takeBack(id);
    // A batch without rows is a window that is not known any more.
    this.#lost.add(Math.max(rows, 1));
    this.#counts.droppedBatches += entries.length;
    this.#counts.droppedRecords += rows;
    this.#markIfPossible();
    this.#segments.remove(entries);
  }

  /** @throws WeirError SPOOL */
  #mark(): void {
    try {
      this.#marks.write({ sent: this.#sent, forgotten: this.#forgotten, lostRecords: this.#lost.total });
    } catch (error) {
      throw this.#error(error);
    }
  }

  #markIfPossible(): void {
    try {
      this.#mark();
    } catch {
      // What was given up is then known to this start only. It can be no reason to keep no batches any more.
    }
  }

  /**
   * The oldest batch after `after` (null: the oldest of all), to be sent now; null when there is none. From now on it
   * stays as it is, and so do the next ones.
   * @param ahead how many batches are about to be taken. @throws WeirError SPOOL; then nothing may be sent
   */
  take(after: BatchId | null, ahead: number): Taken | null {
    const { entries } = this.#segments;
    const at = entries.findIndex(({ id }) => after === null || compareBatchIds(id, after) > 0);
    const entry = entries[at];
    if (entry === undefined) return null;
    if (this.#sent === null || compareBatchIds(entry.id, this.#sent) > 0) {
      const last = entries[Math.min(at + ahead, entries.length) - 1] ?? entry;
      this.#sent = last.id;
      this.#lost.tellWith(entry.id);
      this.#mark();
    }
    const content = this.#segments.read(entry);
    if (content === null) {
      this.#counts.damagedBytes += entry.length;
      this.#giveUp([entry]);
      return this.take(after, ahead);
    }
    return { ...content, lostRecords: this.#lost.toldBy(entry.id) };
  }

  /** Forgets every batch up to and including this one, because they are committed. */
  acknowledge(through: BatchId): void {
    const entries = this.#segments.entries.filter(({ id }) => compareBatchIds(id, through) <= 0);
    this.#counts.acknowledged += entries.length;
    this.#forgotten = laterBatchId(this.#forgotten, through);
    this.#segments.remove(entries);
    if (this.#lost.forgetThrough(through)) this.#markIfPossible();
  }

  /** Gives up a batch that the aggregator cannot take. */
  reject(id: BatchId): void {
    this.#giveUp(this.#segments.entries.filter((entry) => compareBatchIds(entry.id, id) === 0));
  }

  /**
   * Takes in how far the node is committed before anything is sent on a new stream. Where that is no batch of this
   * spool, another spool has sent for the node: what comes before it and may have been sent from here is of unknown
   * fate and is given up, because it must not count twice; what was certainly not sent is numbered anew behind it,
   * because it would be taken for old. @throws WeirError SPOOL; then nothing may be sent
   */
  welcome(committed: BatchId | null): void {
    if (committed === null) return;
    const sent = this.#sent;
    const isSent = ({ id }: { readonly id: BatchId }) => sent !== null && compareBatchIds(id, sent) <= 0;
    const isBefore = ({ id }: { readonly id: BatchId }) => compareBatchIds(id, committed) <= 0;
    const { entries } = this.#segments;
    if (isSent({ id: committed }) && this.#isOwnEpoch(committed.epoch)) {
      this.#giveUp(entries.filter((entry) => straddles(entry, committed)));
      this.acknowledge(committed);
      return;
    }
    this.#giveUp(entries.filter((entry) => isSent(entry) && isBefore(entry)));
    if (this.#epoch <= committed.epoch || this.#segments.entries.some(isBefore)) {
      this.#beginEpoch(this.#epochBehind(Math.max(this.#epoch, committed.epoch)));
    }
  }

  /** Whether an epoch is one in which batches of this spool wait, or will. Others have nothing to be acknowledged. */
  #isOwnEpoch(epoch: number): boolean {
    return epoch === this.#epoch || this.#segments.entries.some(({ id }) => id.epoch === epoch);
  }

  /** Numbers everything that waits anew, in an epoch of its own. */
  #beginEpoch(epoch: number): void {
    let sequence = 0;
    const labels = new Map(
      this.#segments.entries.map((entry) => {
        const firstSequence = sequence + 1;
        sequence += 1 + entry.id.sequence - entry.firstSequence;
        return [entry, { id: { epoch, sequence }, firstSequence, rows: entry.rows }];
      }),
    );
    this.#epoch = epoch;
    this.#sequence = sequence;
    try {
      keepEpoch(this.#folder, epoch);
      this.#keptEpoch = epoch;
      this.#segments.relabel((entry) => labels.get(entry) as Label);
    } catch (error) {
      throw this.#error(error);
    }
  }
}

/** Whether only a part of what a merged batch stands for is committed; then it cannot be sent. */
function straddles({ id, firstSequence }: Label, committed: BatchId): boolean {
  return id.epoch === committed.epoch && firstSequence <= committed.sequence && id.sequence > committed.sequence;
}

/** The last of the batches that may have been sent which comes before all that are still there. */
function goneBefore(oldest: Label | undefined, sent: BatchId | null): BatchId | null {
  if (sent === null || oldest === undefined || compareBatchIds(oldest.id, sent) > 0) return sent;
  const { id, firstSequence } = oldest;
  return firstSequence > 1 ? { epoch: id.epoch, sequence: firstSequence - 1 } : null;
}
