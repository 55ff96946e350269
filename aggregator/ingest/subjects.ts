import { LRUCache } from 'lru-cache';
import { grown } from '../graph/grown.ts';
import type { IdentityChange } from '../identity/changes.ts';

/** Stands for none: it never changes. */
export const noSubject = 0;

/**
 * Whoever answers were given about, pods and addresses, a number each for all streams, so that a change is told once
 * however many rest on it. Ticks count changes: an answer of a tick not before `changedAt` of its subjects still stands.
 * Bounded: what is forgotten is asked for anew.
 */
export class Subjects {
  readonly #numbers: LRUCache<string, number>;
  readonly #free: number[] = [];
  #last = noSubject;
  /** By number: at which tick another answer may have become due last. */
  #changedAt = new Float64Array(64);
  /** By number: 1 where an answer rests on which blocks of addresses there are. */
  #isOpen = new Uint8Array(64);
  #tick = 0;

  constructor(max: number) {
    this.#numbers = new LRUCache({ max, dispose: (number) => this.#forgotten(number) });
  }

  get tick(): number {
    return this.#tick;
  }

  /** By number. Another array when there are more. */
  get changedAt(): Float64Array {
    return this.#changedAt;
  }

  /** @param key of a pod, or an address. @returns its number */
  of(key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#free.pop() ?? ++this.#last;
    if (number === this.#changedAt.length) this.#grow();
    this.#changedAt[number] = this.#tick;
    this.#isOpen[number] = 0;
    this.#numbers.set(key, number);
    return number;
  }

  /** Takes that an answer about it rests on which blocks of addresses there are. */
  open(number: number): void {
    this.#isOpen[number] = 1;
  }

  changed({ keys, blocks }: IdentityChange): void {
    this.#tick++;
    for (const key of keys) this.#change(this.#numbers.peek(key) ?? noSubject);
    if (!blocks) return;
    for (const number of this.#numbers.values()) if (this.#isOpen[number] === 1) this.#change(number);
  }

  #change(number: number): void {
    if (number !== noSubject) this.#changedAt[number] = this.#tick;
  }

  /** Nobody would tell of its changes any more: what rests on it is asked for anew, and so what the number stands for. */
  #forgotten(number: number): void {
    this.#changedAt[number] = ++this.#tick;
    this.#free.push(number);
  }

  #grow(): void {
    const size = 2 * this.#changedAt.length;
    this.#changedAt = grown(this.#changedAt, new Float64Array(size));
    this.#isOpen = grown(this.#isOpen, new Uint8Array(size));
  }
}
