import { type Target, targetKey } from './holders.ts';

/** What one source (an EndpointSlice, a selected pod) puts behind the ports of a Service: targets by `protocol/port`. */
export type Contribution = ReadonlyMap<string, readonly Target[]>;

interface Counted {
  readonly target: Target;
  sources: number;
}

/**
 * What is behind the ports of a Service: the sum of what its sources contribute. A source that changes costs as much as
 * it holds itself, however many others there are.
 */
export class Backends {
  readonly #contributions = new Map<string, Contribution>();
  /** By `protocol/port`, then by target. */
  readonly #counts = new Map<string, Map<string, Counted>>();

  /** Takes what a source contributes in place of what it did. @returns whether anything is behind a port that was not, or is not any more */
  set(source: string, contribution: Contribution | null): boolean {
    const before = this.#contributions.get(source);
    if (contribution === null) this.#contributions.delete(source);
    else this.#contributions.set(source, contribution);
    // Adding first: what is in both never goes away for a moment.
    const added = contribution !== null && this.#count(contribution, 1);
    const removed = before !== undefined && this.#count(before, -1);
    return added || removed;
  }

  /** The sources that contribute, or might. */
  sources(): Iterable<string> {
    return this.#contributions.keys();
  }

  behind(port: string): readonly Target[] {
    return Array.from(this.#counts.get(port)?.values() ?? [], ({ target }) => target);
  }

  #count(contribution: Contribution, by: 1 | -1): boolean {
    let isDifferent = false;
    for (const [port, targets] of contribution) {
      let counts = this.#counts.get(port);
      if (counts === undefined) this.#counts.set(port, (counts = new Map()));
      for (const target of targets) {
        const key = targetKey(target);
        const counted = counts.get(key) ?? { target, sources: 0 };
        counted.sources += by;
        if (counted.sources === 0) counts.delete(key);
        else counts.set(key, counted);
        if (counted.sources === 0 || (by === 1 && counted.sources === 1)) isDifferent = true;
      }
      if (counts.size === 0) this.#counts.delete(port);
    }
    return isDifferent;
  }
}
