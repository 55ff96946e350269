import type { Batch, FlowRecord } from '../../core/flow.ts';
import { LRUCache } from 'lru-cache';
import { type Lane, Lanes } from '../graph/lane.ts';
import { type Rows, RowsBuilder } from '../graph/rows.ts';
import type { Identity } from '../identity/identity.ts';
import { podKeys } from '../identity/known-pod.ts';
import type { Milliseconds } from '../../core/time.ts';

export interface ResolverOptions {
  /** How long a batch waits for the cluster's state to show who is in it. */
  readonly waitMs: Milliseconds;
  /** For how long somebody who was waited for in vain is not waited for again. */
  readonly giveUpMs: Milliseconds;
  /** How many of those are remembered. */
  readonly maxGivenUp: number;
  /** Nothing is named before this has resolved; if it rejects, nothing is named at all. */
  readonly firstState: Promise<void>;
  /** How many lanes are kept as one object each. */
  readonly maxLanes: number;
}

/**
 * Gives names to the ends of a batch's flows. An agent sees a pod's first packets before the cluster's state shows the
 * pod, so a batch with somebody unknown in it waits a little, until the state shows them or the time is over.
 */
export class Resolver {
  readonly #identity: Identity;
  readonly #options: ResolverOptions;
  readonly #givenUp: LRUCache<string, true>;
  readonly #lanes: Lanes;
  /** By the key of a pod, or the address, that is waited for. */
  readonly #waiters = new Map<string, Set<() => void>>();

  constructor(identity: Identity, options: ResolverOptions) {
    this.#identity = identity;
    this.#options = options;
    this.#givenUp = new LRUCache({ max: options.maxGivenUp, ttl: options.giveUpMs });
    this.#lanes = new Lanes(options.maxLanes);
  }

  /** Takes keys of pods and addresses of which more is known now. */
  learnt(keys: Iterable<string>): void {
    for (const key of keys) for (const done of this.#waiters.get(key) ?? []) done();
  }

  /** The rows of a batch. @throws whatever keeps the first state of the cluster from coming */
  async resolve({ records }: Batch): Promise<Rows> {
    await this.#options.firstState;
    const deadline = performance.now() + this.#options.waitMs;
    let unknown = this.#unknownIn(records);
    for (let leftMs = this.#options.waitMs; unknown.size > 0 && leftMs > 0; leftMs = deadline - performance.now()) {
      await this.#learn(unknown, leftMs);
      unknown = this.#unknownIn(records);
    }
    for (const key of unknown) this.#givenUp.set(key, true);
    const rows = new RowsBuilder();
    for (const record of records) {
      // A server's far end is the client: its name is no name of the server.
      const serverNames = record.role === 'client' && record.remoteName !== null ? [record.remoteName] : [];
      rows.add(this.#laneOf(record), { ...record, serverNames });
    }
    return rows.finish();
  }

  #laneOf(record: FlowRecord): Lane {
    const { role, protocol } = record;
    const reporter = this.#identity.reporter(record.pod);
    const { entity, port, service } = this.#identity.remote(record);
    const [client, server] = role === 'client' ? [reporter, entity] : [entity, reporter];
    return this.#lanes.of({ client, server, protocol, port }, role, service);
  }

  #unknownIn(records: readonly FlowRecord[]): Set<string> {
    const unknown = new Set<string>();
    for (const record of records) {
      if (!this.#identity.knows(record.pod)) for (const key of podKeys(record.pod)) unknown.add(key);
      for (const address of this.#identity.remote(record).waitsFor) unknown.add(address);
    }
    for (const key of unknown) if (this.#givenUp.has(key)) unknown.delete(key);
    return unknown;
  }

  /** Resolves when more is known of one of them, or the time is over. */
  #learn(keys: ReadonlySet<string>, timeoutMs: Milliseconds): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        for (const key of keys) this.#forgetWaiter(key, done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      for (const key of keys) {
        const beside = this.#waiters.get(key);
        if (beside === undefined) this.#waiters.set(key, new Set([done]));
        else beside.add(done);
      }
    });
  }

  #forgetWaiter(key: string, done: () => void): void {
    const waiters = this.#waiters.get(key);
    waiters?.delete(done);
    if (waiters?.size === 0) this.#waiters.delete(key);
  }
}
