import { z } from 'zod';
import { WeirError } from '../../core/errors.ts';
import type { Milliseconds } from '../../core/time.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { User } from './caller.ts';
import { defaultReviewOptions, KeptAnswers, type ReviewOptions } from './kept-answers.ts';

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
  readonly #kept: KeptAnswers<boolean>;

  constructor(client: KubeClient, options: ReviewOptions = defaultReviewOptions) {
    this.#client = client;
    this.#timeoutMs = options.timeoutMs;
    this.#kept = new KeptAnswers(options);
  }

  /** @throws WeirError ACCESS_UNDECIDED when the API server does not answer: nobody may do anything then */
  async allows(user: User, access: Access): Promise<boolean> {
    return await this.#kept.get(JSON.stringify([user, access]), () => this.#ask(user, access));
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
