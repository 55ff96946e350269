import type { Milliseconds } from '../../../core/time.ts';
import type { Link } from '../../../native/native.ts';
import type { Inhabitants, Processes } from './processes.ts';

/** Looks may take this part of the time, however long one takes. */
const share = 1 / 20;
const firstPauseMs = 100;
const longestPauseMs = 5000;

interface Seen {
  readonly inhabitants: Inhabitants;
  /** A link into the namespace: as long as it is there, so is the namespace, and its id is no other's. */
  readonly ifindex: number;
}

/** Decides when processes are looked at again, and how long what was seen holds. */
export class ProcessLooks {
  readonly #processes: Processes;
  readonly #onDue: () => void;
  #seen: Seen[] = [];
  /** Links that the last look was for and did not help. */
  #missed: ReadonlySet<number> = new Set();
  #pauseMs: Milliseconds = firstPauseMs;
  #nextMs = 0;
  #timer: NodeJS.Timeout | null = null;

  /** @param onDue it is time to try again: a sandbox's processes begin after its interface */
  constructor(processes: Processes, onDue: () => void) {
    this.#processes = processes;
    this.#onDue = onDue;
  }

  /** What earlier looks saw and still holds. @param gone indexes of links that went since the last call */
  held(links: readonly Link[], gone: ReadonlySet<number>): Inhabitants[] {
    const there = new Set(links.map(({ ifindex, peerNsid }) => `${ifindex} ${peerNsid}`));
    this.#seen = this.#seen.filter(
      ({ ifindex, inhabitants }) => !gone.has(ifindex) && there.has(`${ifindex} ${inhabitants.ids.nsid}`),
    );
    return this.#seen.map(({ inhabitants }) => inhabitants);
  }

  /**
   * Looks for the namespaces behind these links, unless it is too early. It is told when it is time again, and then it is
   * for the caller to say what is still missing.
   */
  look(missing: readonly Link[]): Inhabitants[] {
    if (missing.some(({ ifindex }) => !this.#missed.has(ifindex))) this.#pauseMs = firstPauseMs;
    this.#missed = new Set(missing.map(({ ifindex }) => ifindex));
    const started = performance.now();
    if (started < this.#nextMs) {
      this.#tellAfter(this.#nextMs - started);
      return [];
    }
    const looks = this.#processes.look(new Set(missing.map(({ peerNsid }) => peerNsid)));
    const byNsid = new Map(looks.map((inhabitants) => [inhabitants.ids.nsid, inhabitants]));
    this.#seen = this.#seen.filter(({ ifindex }) => !this.#missed.has(ifindex));
    for (const { ifindex, peerNsid } of missing) {
      const inhabitants = byNsid.get(peerNsid);
      if (inhabitants !== undefined && inhabitants.owners.length > 0) this.#seen.push({ ifindex, inhabitants });
    }
    const ended = performance.now();
    const pauseMs = Math.max(this.#pauseMs, (ended - started) / share);
    this.#nextMs = ended + pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    this.#tellAfter(pauseMs);
    return looks;
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #tellAfter(ms: Milliseconds): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#onDue();
    }, ms);
  }
}
