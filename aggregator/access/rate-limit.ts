import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/time.ts';

interface Bucket {
  tokens: number;
  atUnixMs: number;
}

/** How often each of many may do something: so much at once, and so much a second on and on. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #atOnce: number;
  readonly #clock: Clock;
  readonly #buckets: LRUCache<string, Bucket>;

  /** @param maxKept how many are remembered; whoever is forgotten begins anew */
  constructor(perSecond: number, atOnce: number, maxKept: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#atOnce = atOnce;
    this.#clock = clock;
    this.#buckets = new LRUCache({ max: maxKept });
  }

  /** Whether it may be done once more now. */
  take(who: string): boolean {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(who) ?? { tokens: this.#atOnce, atUnixMs: now };
    const elapsedMs = Math.max(0, now - bucket.atUnixMs);
    bucket.tokens = Math.min(this.#atOnce, bucket.tokens + (elapsedMs / 1000) * this.#perSecond);
    bucket.atUnixMs = now;
    this.#buckets.set(who, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}
