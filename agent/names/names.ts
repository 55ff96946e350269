import { LRUCache } from 'lru-cache';
import type { Address } from '../../core/address.ts';
import type { PodRef } from '../../core/identity.ts';
import type { Milliseconds, UnixMs } from '../../core/time.ts';
import type { PodOf } from '../fold/fold.ts';
import type { DnsPayload } from '../source/source.ts';
import { type NamedAddress, readAnswer } from './answers.ts';
import { TcpStreams } from './streams.ts';

const maxPods = 4096;
const maxNamesPerPod = 1024;
const maxWaiting = 4096;
/** Longest that reading may hold up the rest of the agent at a time. */
const maxReadMs: Milliseconds = 50;
/** A connection may be opened a little after its answer's lifetime, and is reported at the end of a window. */
const graceMs: Milliseconds = 300_000;

/** Every DNS payload, by where it went. `seen` is the sum of the others. */
export interface NamesLedger {
  readonly seen: number;
  /** Answers whose names are known now, also when there was none in them. */
  readonly learned: number;
  /** Segments that are no whole message by themselves. */
  readonly partial: number;
  /** No DNS answer, or one that is cut or cannot be read. */
  readonly unreadable: number;
  /** The pod that asked could not be told. */
  readonly unnamed: number;
  /** They came faster than they could be read. */
  readonly unread: number;
  /** Waiting for the name of the pod. */
  readonly waiting: number;
}

interface Waiting {
  readonly payload: DnsPayload;
  readonly untilUnixMs: UnixMs;
}

/** Knows by which names pods asked for addresses, each from the answers that the pod itself received. */
export class Names {
  readonly #podOf: PodOf;
  readonly #holdMs: Milliseconds;
  readonly #pods = new LRUCache<string, LRUCache<Address, string>>({ max: maxPods });
  readonly #streams = new TcpStreams();
  #waiting: Waiting[] = [];
  #ledger = { seen: 0, learned: 0, partial: 0, unreadable: 0, unnamed: 0, unread: 0 };

  /** @param holdMs how long an answer may wait for the name of its pod */
  constructor(podOf: PodOf, holdMs: Milliseconds) {
    this.#podOf = podOf;
    this.#holdMs = holdMs;
  }

  get ledger(): NamesLedger {
    return { ...this.#ledger, waiting: this.#waiting.length };
  }

  add(payloads: readonly DnsPayload[], now: UnixMs): void {
    this.#ledger.seen += payloads.length;
    const untilUnixMs = now + this.#holdMs;
    const waiting = [...this.#waiting, ...payloads.map((payload) => ({ payload, untilUnixMs }))];
    this.#waiting = [];
    const endMs = performance.now() + maxReadMs;
    for (const [i, each] of waiting.entries()) {
      if (performance.now() > endMs) {
        this.#ledger.unread += waiting.length - i;
        return;
      }
      const pod = this.#podOf(each.payload.scope);
      if (pod !== null) this.#read(pod, each.payload);
      else if (each.untilUnixMs > now && this.#waiting.length < maxWaiting) this.#waiting.push(each);
      else this.#ledger.unnamed++;
    }
  }

  #read(pod: PodRef, { server, clientPort, sequence, payload, cut }: DnsPayload): void {
    const stream = `${pod.uid} ${server} ${clientPort}`;
    const messages = sequence === null ? [payload] : cut ? [] : this.#streams.add(stream, sequence, payload);
    const answers = messages.map(readAnswer);
    if (cut || answers.includes(null)) this.#ledger.unreadable++;
    else if (answers.length === 0) this.#ledger.partial++;
    else this.#ledger.learned++;
    for (const answer of answers) if (answer !== null) this.#learn(pod, answer);
  }

  #learn(pod: PodRef, addresses: readonly NamedAddress[]): void {
    if (addresses.length === 0) return;
    let known = this.#pods.get(pod.uid);
    if (known === undefined) {
      known = new LRUCache<Address, string>({ max: maxNamesPerPod, updateAgeOnGet: true });
      this.#pods.set(pod.uid, known);
    }
    for (const { address, name, ttl } of addresses) known.set(address, name, { ttl: ttl * 1000 + graceMs });
  }

  /** The name by which a pod last asked for an address, while it may still use the answer; null when it did not. */
  nameOf(pod: PodRef, address: Address): string | null {
    return this.#pods.get(pod.uid)?.get(address) ?? null;
  }
}
