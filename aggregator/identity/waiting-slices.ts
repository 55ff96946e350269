import type { KnownService } from './known-service.ts';

interface Waiting {
  readonly service: KnownService;
  readonly slice: string;
}

/** EndpointSlices by what changes their reading: `namespace/name` of a pod that is not known yet, or an address. */
export class WaitingSlices {
  readonly #byKey = new Map<string, Waiting[]>();

  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }

  of(key: string): readonly Waiting[] {
    return this.#byKey.get(key) ?? [];
  }

  /** Takes what a slice waits for in place of what it did. */
  set(service: KnownService, slice: string, keys: readonly string[]): void {
    for (const key of service.waits.get(slice) ?? []) this.#drop(key, service, slice);
    if (keys.length === 0) {
      service.waits.delete(slice);
      return;
    }
    const distinct = [...new Set(keys)];
    service.waits.set(slice, distinct);
    // A new list each time: whoever reads the slices of a key may be in the middle of the old one.
    for (const key of distinct) this.#byKey.set(key, [...this.of(key), { service, slice }]);
  }

  #drop(key: string, service: KnownService, slice: string): void {
    const left = this.of(key).filter((each) => each.service !== service || each.slice !== slice);
    if (left.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, left);
  }
}
