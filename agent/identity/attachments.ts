import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf } from '../../core/errors.ts';
import type { Milliseconds } from '../../core/time.ts';
import type { PodLink, Source } from '../source/source.ts';
import type { PodInterface } from './join.ts';

/** A pod's first process starts later than this after its interface appeared: the runtime has to be done with it. */
const silentMs: Milliseconds = 250;

interface Watched {
  readonly each: PodInterface;
  /** When it was first seen to be there. */
  readonly appearedMs: number;
  /** As the source was told of it; null before that. */
  readonly told: PodLink | null;
}

type Watching = Pick<Source, 'attach' | 'detach' | 'attached'>;

/**
 * Has pod interfaces watched by the source. The kernel takes some milliseconds for each, so that this goes on beside the
 * naming: an interface can have its pod's name long before it is watched.
 */
export class Attachments {
  readonly #source: Watching;
  readonly #onDone: (each: PodInterface, problem: string) => void;
  #interfaces = new Map<number, Watched>();
  #running: Promise<void> | null = null;
  #stopped = false;

  /** @param onDone an interface came to be watched, or could not be, with the reason; empty when it is */
  constructor(source: Watching, onDone: (each: PodInterface, problem: string) => void) {
    this.#source = source;
    this.#onDone = onDone;
  }

  /** Those that are watched now. */
  get attached(): PodInterface[] {
    return Array.from(this.#interfaces.values()).flatMap(({ told, each }) => (told === null ? [] : [each]));
  }

  /** How many wait to be watched. */
  get waiting(): number {
    return this.#interfaces.size - this.attached.length;
  }

  /** Lets go of an interface that went, also when its index is already another's. */
  release(ifindex: number): void {
    this.#interfaces.delete(ifindex);
    this.#source.detach(ifindex);
  }

  /** What there is now. @param appeared whether those that are new came while the node was watched */
  show(current: readonly PodInterface[], appeared: boolean): void {
    const now = appeared ? performance.now() : Number.NEGATIVE_INFINITY;
    const there = new Set(current.map(({ ifindex }) => ifindex));
    for (const ifindex of [...this.#source.attached(), ...this.#interfaces.keys()]) {
      if (!there.has(ifindex)) this.release(ifindex);
    }
    const before = this.#interfaces;
    this.#interfaces = new Map(
      current.map((each) => {
        const known = before.get(each.ifindex);
        return [each.ifindex, { each, appearedMs: known?.appearedMs ?? now, told: known?.told ?? null }];
      }),
    );
    this.#running ??= this.#work().finally(() => {
      this.#running = null;
    });
  }

  /** Resolves when everything that was shown is watched, or cannot be. */
  async settled(): Promise<void> {
    await this.#running;
  }

  stop(): void {
    this.#stopped = true;
  }

  async #work(): Promise<void> {
    const refused = new Set<number>();
    // Not within the scan that shows them: what it has to say comes first.
    await nextTurn();
    for (let next = this.#next(refused); next !== null && !this.#stopped; next = this.#next(refused)) {
      if (!this.#attach(next)) refused.add(next.each.ifindex);
      await nextTurn();
    }
  }

  #next(refused: ReadonlySet<number>): Watched | null {
    for (const watched of this.#interfaces.values()) {
      const { told, each } = watched;
      const isTold = told !== null && told.cookie === each.cookie && told.nsid === each.nsid;
      if (!isTold && !refused.has(each.ifindex)) return watched;
    }
    return null;
  }

  #attach({ each, appearedMs, told }: Watched): boolean {
    const { ifindex, nsid, cookie } = each;
    const appeared = told?.appeared ?? performance.now() - appearedMs < silentMs;
    const link = { ifindex, nsid, cookie, appeared };
    try {
      this.#source.attach(link);
      this.#interfaces.set(ifindex, { each, appearedMs, told: link });
      if (told === null) this.#onDone(each, '');
      return true;
    } catch (error) {
      // Most often it went away between the listing and now.
      this.#onDone(each, messageOf(error));
      return false;
    }
  }
}
