import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Commit, CommitResult, Store } from '../store/store.ts';

interface Waiting {
  readonly commit: Commit;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The most rows that go into one transaction, but for the last of its segments: bounds how long a commit holds up
 * everything else. A row takes some microseconds, and many more where its lane is new.
 */
const maxGroupRows = 16_384;
const maxGroupSegments = 1_024;

/**
 * Commits segments in the order in which they come. Those that wait while a commit is under way go together into the
 * next one, so that many nodes share the price of making a commit durable.
 */
export class Committer {
  readonly #store: Store;
  #waiting: Waiting[] = [];
  #waitingRows = 0;
  #running: Promise<void> | null = null;
  /** Called when what waits has become less. */
  #onRoom: (() => void)[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  /** Resolves when the result is durable. @throws WeirError STORE */
  commit(commit: Commit): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ commit, resolve, reject });
      this.#waitingRows += commit.segment.rows.lanes.length;
      this.#running ??= this.#run();
    });
  }

  /** Resolves when less waits than goes into one transaction. */
  async room(): Promise<void> {
    while (this.#waitingRows >= maxGroupRows) await new Promise<void>((resolve) => this.#onRoom.push(resolve));
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Let those that arrive in the same turn join the group.
    await nextTurn();
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        const results = await this.#store.commit(group.map(({ commit }) => commit));
        for (const [i, { resolve }] of group.entries()) resolve(results[i] as CommitResult);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
      // A store that works in this process has not let anything else happen meanwhile.
      await nextTurn();
    }
    this.#running = null;
  }

  #nextGroup(): Waiting[] {
    let [segments, rows] = [0, 0];
    const most = Math.min(this.#waiting.length, maxGroupSegments);
    for (; segments < most && rows < maxGroupRows; segments++) {
      rows += (this.#waiting[segments] as Waiting).commit.segment.rows.lanes.length;
    }
    const group = this.#waiting.slice(0, segments);
    this.#waiting = this.#waiting.slice(segments);
    this.#waitingRows -= rows;
    for (const resolve of this.#onRoom) resolve();
    this.#onRoom = [];
    return group;
  }
}
