import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { WeirError } from '../../core/errors.ts';
import type { Milliseconds } from '../../core/time.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { User } from './caller.ts';
import { defaultReviewOptions, type ReviewOptions } from './token-reviews.ts';

/** What somebody would do to a resource of the group weir.dev, which exists for rights only. */
export interface Access {
  readonly verb: 'list' | 'get' | 'update';
  readonly resource: 'flows' | 'aliases' | 'policysettings';
  /** Empty for the whole cluster. */
  readonly namespace: string;
}

const group = 'weir.dev';

const review = z.object({
  status: z.object({ allowed: z.boolean().default(false), denied: z.boolean().default(false) }),
});

/** Asks the API server what users may do, and keeps the answers for a short while. */
export class AccessReviews {
  readonly #client: KubeClient;
  readonly #timeoutMs: Milliseconds;
  readonly #kept: LRUCache<string, Promise<boolean>>;

  constructor(client: KubeClient, { keepMs, maxKept, timeoutMs }: ReviewOptions = defaultReviewOptions) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
    this.#kept = new LRUCache({ max: maxKept, ttl: keepMs });
  }

  /** @throws WeirError ACCESS_UNDECIDED when the API server does not answer: nobody may do anything then */
  async allows(user: User, access: Access): Promise<boolean> {
    const key = createHash('sha256')
      .update(JSON.stringify([user, access]))
      .digest('base64');
    const known = this.#kept.get(key);
    if (known !== undefined) return await known;
    const asked = this.#ask(user, access);
    this.#kept.set(key, asked);
    try {
      return await asked;
    } catch (error) {
      this.#kept.delete(key);
      throw error;
    }
  }

  async #ask({ name, uid, groups, extra }: User, { verb, resource, namespace }: Access): Promise<boolean> {
    const answer = await this.#client.create(
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: name, uid, groups, extra, resourceAttributes: { group, resource, verb, namespace } },
      },
      AbortSignal.timeout(this.#timeoutMs),
    );
    if (!('body' in answer)) throw new WeirError('ACCESS_UNDECIDED', answer.message);
    const read = review.safeParse(answer.body);
    if (!read.success) throw new WeirError('ACCESS_UNDECIDED', 'it answered no SubjectAccessReview');
    const { allowed, denied } = read.data.status;
    return allowed && !denied;
  }
}
