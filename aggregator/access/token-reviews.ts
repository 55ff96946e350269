import { z } from 'zod';
import { WeirError } from '../../core/errors.ts';
import type { Milliseconds } from '../../core/time.ts';
import type { KubeClient } from '../../kube/client.ts';
import { defaultReviewOptions, KeptAnswers, type ReviewOptions } from './kept-answers.ts';

/** Who a token is of, as the API server says (authentication.k8s.io/v1 UserInfo). */
export interface Reviewed {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

const status = z.object({
  authenticated: z.boolean().default(false),
  user: z
    .object({
      username: z.string().default(''),
      uid: z.string().default(''),
      groups: z.array(z.string()).default([]),
      extra: z.record(z.string(), z.array(z.string())).default({}),
    })
    .optional(),
  audiences: z.array(z.string()).default([]),
});

const review = z.object({ status });

/** Tokens as they come from the network are not longer. */
const maxTokenLength = 16_384;

/** Asks the API server whose a token is, and keeps the answer for a short while under a hash of the token. */
export class TokenReviews {
  readonly #client: KubeClient;
  readonly #timeoutMs: Milliseconds;
  readonly #kept: KeptAnswers<Reviewed | null>;

  constructor(client: KubeClient, options: ReviewOptions = defaultReviewOptions) {
    this.#client = client;
    this.#timeoutMs = options.timeoutMs;
    this.#kept = new KeptAnswers(options);
  }

  /**
   * Null for a token that is not valid, or not for this audience.
   * @param audience null for that of the API server itself. @throws WeirError ACCESS_UNDECIDED when it does not answer
   */
  async review(token: string, audience: string | null): Promise<Reviewed | null> {
    if (token.length > maxTokenLength) return null;
    return await this.#kept.get(`${audience ?? ''} ${token}`, () => this.#ask(token, audience));
  }

  async #ask(token: string, audience: string | null): Promise<Reviewed | null> {
    const answer = await this.#client.create(
      '/apis/authentication.k8s.io/v1/tokenreviews',
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token, ...(audience === null ? {} : { audiences: [audience] }) },
      },
      AbortSignal.timeout(this.#timeoutMs),
    );
    if (!('body' in answer)) throw new WeirError('ACCESS_UNDECIDED', answer.message);
    const read = review.safeParse(answer.body);
    if (!read.success) throw new WeirError('ACCESS_UNDECIDED', 'it answered no TokenReview');
    const { authenticated, user, audiences } = read.data.status;
    if (!authenticated || user === undefined || user.username === '') return null;
    // A server that knows nothing of audiences would take a token that was meant for another.
    return audience === null || audiences.includes(audience) ? user : null;
  }
}
