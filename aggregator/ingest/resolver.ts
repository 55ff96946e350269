import type { Batch, FlowRecord } from '../../core/flow.ts';
import { LRUCache } from 'lru-cache';
import { foldRows, type Row } from '../graph/segment.ts';
import type { Identity } from '../identity/identity.ts';
import type { Milliseconds } from '../../core/time.ts';

export interface ResolverOptions {
  /** How long a batch waits for the cluster's state to show who is in it. */
  readonly waitMs: Milliseconds;
  /** For how long somebody who was waited for in vain is not waited for again. */
  readonly giveUpMs: Milliseconds;
  /** How many of those are remembered. */
  readonly maxGivenUp: number;
}

/**
 * Gives names to the ends of a batch's flows. An agent sees a pod's first packets before the cluster's state shows the
 * pod, so a batch with somebody unknown in it waits a little, until the state shows them or the time is over.
 */
export class Resolver {
  readonly #identity: Identity;
  readonly #options: ResolverOptions;
  readonly #givenUp: LRUCache<string, true>;
  #waiters = new Set<() => void>();

  constructor(identity: Identity, options: ResolverOptions) {
    this.#identity = identity;
    this.#options = options;
    this.#givenUp = new LRUCache({ max: options.maxGivenUp, ttl: options.giveUpMs });
  }

  /** To be called when the cluster's state has changed. */
  changed(): void {
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const waiter of waiters) waiter();
  }

  /** The rows of a batch. */
  async resolve({ records }: Batch): Promise<readonly Row[]> {
    const deadline = performance.now() + this.#options.waitMs;
    let unknown = this.#unknownIn(records);
    for (let leftMs = this.#options.waitMs; unknown.size > 0 && leftMs > 0; leftMs = deadline - performance.now()) {
      await this.#change(leftMs);
      unknown = this.#unknownIn(records);
    }
    for (const key of unknown) this.#givenUp.set(key, true);
    return foldRows(records.map((record) => this.#row(record)));
  }

  #row(record: FlowRecord): Row {
    const reporter = this.#identity.reporter(record.pod);
    const { entity, port, service } = this.#identity.remote(record);
    const { protocol, role, directionBy, remoteName, counters, drops, firstSeenUnixMs, lastSeenUnixMs } = record;
    const [client, server] = role === 'client' ? [reporter, entity] : [entity, reporter];
    // A server's far end is the client: its name is no name of the server.
    const serverNames = role === 'client' && remoteName !== null ? [remoteName] : [];
    const observation = { counters, drops, directionBy, serverNames, firstSeenUnixMs, lastSeenUnixMs };
    return { edge: { client, server, protocol, port }, reporter: role, service, observation };
  }

  #unknownIn(records: readonly FlowRecord[]): Set<string> {
    const unknown = new Set<string>();
    for (const record of records) {
      if (!this.#identity.knows(record.pod)) unknown.add(record.pod.uid);
      for (const address of this.#identity.remote(record).waitsFor) unknown.add(address);
    }
    for (const key of unknown) if (this.#givenUp.has(key)) unknown.delete(key);
    return unknown;
  }

  #change(timeoutMs: Milliseconds): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(done);
        resolve();
      }, timeoutMs);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiters.add(done);
    });
  }
}
