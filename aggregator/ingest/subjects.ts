import { LRUCache } from 'lru-cache';
import type { IdentityChange } from '../identity/changes.ts';

/** A pod or an address that answers were given about. */
export interface Subject {
  /** At which tick another answer may have become due last; Infinity when nobody tells it of changes any more. */
  changedAt: number;
  /** Whether an answer rests on which blocks of addresses there are. */
  isOpen: boolean;
}

/**
 * Whoever answers were given about, one object each for all streams, so that a change is told once however many rest on
 * it. Ticks count changes: an answer of a tick not before its subjects' `changedAt` still stands. Bounded: what is
 * forgotten is asked for anew.
 */
export class Subjects {
  readonly #byKey: LRUCache<string, Subject>;
  #tick = 0;

  constructor(max: number) {
    const forgotten = (subject: Subject) => {
      subject.changedAt = Infinity;
    };
    this.#byKey = new LRUCache({ max, dispose: forgotten });
  }

  get tick(): number {
    return this.#tick;
  }

  /** @param key of a pod, or an address */
  of(key: string): Subject {
    let subject = this.#byKey.get(key);
    if (subject === undefined) {
      subject = { changedAt: this.#tick, isOpen: false };
      this.#byKey.set(key, subject);
    }
    return subject;
  }

  changed({ keys, blocks }: IdentityChange): void {
    this.#tick++;
    for (const key of keys) this.#change(this.#byKey.peek(key));
    if (blocks) for (const subject of this.#byKey.values()) if (subject.isOpen) this.#change(subject);
  }

  #change(subject: Subject | undefined): void {
    if (subject !== undefined) subject.changedAt = this.#tick;
  }
}
