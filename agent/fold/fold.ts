import type { Address } from '../../core/address.ts';
import {
  addCounters,
  addDrops,
  type FlowRecord,
  type Losses,
  strongerEvidence,
  zeroCounters,
} from '../../core/flow.ts';
import type { PodRef } from '../../core/identity.ts';
import type { Milliseconds, UnixMs } from '../../core/time.ts';
import type { Scope, SourceEdge } from '../source/source.ts';
import { mergeTranslated, type OpenRecord } from './translated.ts';

/** Who is behind a place in the kernel; null while that is not known. */
export type PodOf = (scope: Scope) => PodRef | null;

/** By which name a pod asked for an address; null when it did not. */
export type NameOf = (pod: PodRef, address: Address) => string | null;

interface Held {
  readonly edge: SourceEdge;
  readonly untilUnixMs: UnixMs;
}

/** What a later start needs to go on. */
export type FoldState = readonly Held[];

/** Every edge that came in, by where it went. `seen` is always the sum of the others. */
export interface FoldLedger {
  /** Edges handed in. */
  readonly seen: number;
  /** Edges that became part of a record. */
  readonly folded: number;
  /** Edges in namespaces that are no pod of this node: other nodes' in a lab, sandboxed system services. */
  readonly foreign: number;
  /** Edges on pod interfaces that could not be named in time. These are losses. */
  readonly unnamed: number;
  /** Edges that wait for a name. */
  readonly held: number;
}

type Row = { -readonly [K in keyof OpenRecord]: OpenRecord[K] } & { readonly drops: Record<string, number> };

/**
 * Sums what sockets, packets and drops told of one window into one record per pod, role, far end, port and protocol.
 * Edges whose pod is not known yet are held, because a pod often speaks before its name is written down.
 */
export class Fold {
  readonly #podOf: PodOf;
  readonly #nameOf: NameOf;
  readonly #holdMs: Milliseconds;
  readonly #maxHeld: number;
  #rows = new Map<string, Row>();
  #held: Held[] = [];
  #losses: Record<string, number> = {};
  #ledger = { seen: 0, folded: 0, foreign: 0, unnamed: 0 };

  /**
   * @param holdMs how long an edge may wait for its pod's name
   * @param maxHeld how many may wait; what comes on top counts as if its time were over
   */
  constructor(podOf: PodOf, nameOf: NameOf, holdMs: Milliseconds, maxHeld: number) {
    this.#podOf = podOf;
    this.#nameOf = nameOf;
    this.#holdMs = holdMs;
    this.#maxHeld = maxHeld;
  }

  get ledger(): FoldLedger {
    return { ...this.#ledger, held: this.#held.length };
  }

  /** What waits for a name, for a later start. */
  state(): FoldState {
    return this.#held;
  }

  /** Goes on from an earlier start's state. */
  restore(state: FoldState): void {
    this.#held = [...state];
    this.#ledger.seen += state.length;
  }

  add(edges: readonly SourceEdge[], losses: Losses, now: UnixMs): void {
    this.#ledger.seen += edges.length;
    addDrops(this.#losses, losses);
    const waiting = [...this.#held, ...edges.map((edge) => ({ edge, untilUnixMs: now + this.#holdMs }))];
    this.#held = [];
    for (const each of waiting) {
      const pod = this.#podOf(each.edge.scope);
      if (pod !== null) this.#sum(pod, each.edge);
      else if (each.untilUnixMs > now && this.#held.length < this.#maxHeld) this.#held.push(each);
      else this.#giveUp(each.edge);
    }
  }

  /** Gives up what waits for the name of a place that is another pod's from now on. */
  close(scope: Scope): void {
    const isThere = ({ edge }: Held) =>
      scope.type === 'interface'
        ? edge.scope.type === 'interface' && edge.scope.ifindex === scope.ifindex
        : edge.scope.type === 'namespace' && edge.scope.cookie === scope.cookie;
    for (const held of this.#held) if (isThere(held)) this.#giveUp(held.edge);
    this.#held = this.#held.filter((held) => !isThere(held));
  }

  #giveUp(edge: SourceEdge): void {
    if (edge.scope.type === 'namespace') {
      this.#ledger.foreign++;
      return;
    }
    this.#ledger.unnamed++;
    this.#losses['identity'] = (this.#losses['identity'] ?? 0) + 1;
  }

  #sum(pod: PodRef, edge: SourceEdge): void {
    this.#ledger.folded++;
    const { role, directionBy, remote, port, protocol, seenAs, firstSeenUnixMs, lastSeenUnixMs } = edge;
    const seen = seenAs === null ? '' : `${seenAs.address} ${seenAs.port}`;
    const key = `${pod.uid} ${role} ${remote} ${port} ${protocol} ${seen}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      const times = { firstSeenUnixMs, lastSeenUnixMs };
      const sums = { counters: zeroCounters(), drops: {} };
      row = { pod, role, directionBy, remote, port, protocol, seenAs, remoteName: null, ...sums, ...times };
      this.#rows.set(key, row);
    }
    addCounters(row.counters, edge.counters);
    addDrops(row.drops, edge.drops);
    row.directionBy = strongerEvidence(row.directionBy, directionBy);
    row.firstSeenUnixMs = Math.min(row.firstSeenUnixMs, firstSeenUnixMs);
    row.lastSeenUnixMs = Math.max(row.lastSeenUnixMs, lastSeenUnixMs);
  }

  /** The window's records and losses; the next window starts empty. */
  take(): { readonly records: readonly FlowRecord[]; readonly losses: Losses } {
    const rows = mergeTranslated([...this.#rows.values()]);
    const records = rows.map((row) => ({
      ...row,
      remoteName: row.role === 'client' ? this.#nameOf(row.pod, row.remote) : null,
    }));
    const losses = this.#losses;
    this.#rows = new Map();
    this.#losses = {};
    return { records, losses };
  }
}
