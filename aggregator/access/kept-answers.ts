import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Milliseconds } from '../../core/time.ts';

export interface ReviewOptions {
  /** How long an answer is believed: for so long a token, or a right, that was withdrawn goes on to be taken. */
  readonly keepMs: Milliseconds;
  readonly maxKept: number;
  readonly timeoutMs: Milliseconds;
}

export const defaultReviewOptions: ReviewOptions = { keepMs: 10_000, maxKept: 10_000, timeoutMs: 10_000 };

/** Answers of the API server, each asked for once and kept for a short while under a hash of the question. */
export class KeptAnswers<Answer> {
  readonly #kept: LRUCache<string, Promise<Answer>>;

  constructor({ keepMs, maxKept }: ReviewOptions) {
    this.#kept = new LRUCache({ max: maxKept, ttl: keepMs });
  }

  /** What is kept, else what is asked for now; a failure is not kept. @throws whatever `ask` rejects with */
  async get(question: string, ask: () => Promise<Answer>): Promise<Answer> {
    const key = createHash('sha256').update(question).digest('base64');
    const known = this.#kept.get(key);
    if (known !== undefined) return await known;
    const asked = ask();
    this.#kept.set(key, asked);
    try {
      return await asked;
    } catch (error) {
      this.#kept.delete(key);
      throw error;
    }
  }
}
