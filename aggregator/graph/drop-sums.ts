import type { Drops } from '../../core/flow.ts';
import { noDrops, sumOfDrops } from './rows.ts';

/** Packets that were dropped, by slot and reason. Few slots have any. */
export class DropSums {
  readonly #bySlot = new Map<number, Drops>();

  /** Undefined where nothing was dropped. */
  of(slot: number): Drops | undefined {
    return this.#bySlot.get(slot);
  }

  add(slot: number, dropped: Drops): void {
    this.#bySlot.set(slot, sumOfDrops(this.#bySlot.get(slot), dropped));
  }

  /** Takes packets out as far as they are there. @returns those that were */
  take(slot: number, dropped: Drops): Drops {
    const before = this.#bySlot.get(slot);
    if (before === undefined) return noDrops;
    const reasons = Object.entries(dropped).filter(([reason]) => reason in before);
    const taken = reasons.map(([reason, packets]) => [reason, Math.min(packets, before[reason] as number)] as const);
    const left = Object.entries(sumOfDrops(before, negative(taken))).filter(([, packets]) => packets > 0);
    if (left.length === 0) this.#bySlot.delete(slot);
    else this.#bySlot.set(slot, Object.fromEntries(left));
    return Object.fromEntries(taken);
  }

  /** The same with all that others hold. */
  takeAll(others: DropSums): void {
    for (const [slot, dropped] of others.#bySlot) this.take(slot, dropped);
  }

  clear(slot: number): void {
    this.#bySlot.delete(slot);
  }
}

function negative(drops: readonly (readonly [reason: string, packets: number])[]): Drops {
  return Object.fromEntries(drops.map(([reason, packets]) => [reason, -packets]));
}
