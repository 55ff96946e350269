import { z } from 'zod';
import { failure, type Status } from './status.ts';

/** Whose a token is (authentication.k8s.io/v1 UserInfo), and for whom it was made. */
export interface Account {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  /** Null for the API server itself. */
  readonly audience?: string | null;
}

/** What a user or a group may do; `*` stands for all of something, and null for the cluster as a whole. */
export interface Grant {
  /** A user's or a group's name. */
  readonly to: string;
  readonly verbs: readonly string[];
  readonly group: string;
  readonly resource: string;
  readonly namespace: string | null;
}

const tokenReviews = '/apis/authentication.k8s.io/v1/tokenreviews';
const accessReviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
const ownAudience = 'https://kubernetes.default.svc';

export function isReview(path: string): boolean {
  return path === tokenReviews || path === accessReviews;
}

const tokenReview = z.object({
  apiVersion: z.literal('authentication.k8s.io/v1'),
  kind: z.literal('TokenReview'),
  spec: z.object({ token: z.string(), audiences: z.array(z.string()).min(1).optional() }),
});

const accessReview = z.object({
  apiVersion: z.literal('authorization.k8s.io/v1'),
  kind: z.literal('SubjectAccessReview'),
  spec: z.object({
    user: z.string().default(''),
    groups: z.array(z.string()).default([]),
    resourceAttributes: z.object({
      namespace: z.string().default(''),
      verb: z.string(),
      group: z.string().default(''),
      resource: z.string(),
    }),
  }),
});

/** The users of a cluster and their rights, as reviews of tokens and of access tell them. */
export class Accounts {
  readonly tokens = new Map<string, Account>();
  grants: readonly Grant[] = [];

  /** What a POST of a review is answered with. */
  review(path: string, body: unknown): object | Status {
    return path === tokenReviews ? this.#reviewToken(body) : this.#reviewAccess(body);
  }

  #reviewToken(body: unknown): object | Status {
    const read = tokenReview.safeParse(body);
    if (!read.success) return failure(422, 'TokenReview is invalid');
    const { spec } = read.data;
    const account = this.tokens.get(spec.token);
    const audience = account?.audience ?? ownAudience;
    const wanted = spec.audiences ?? [ownAudience];
    if (account === undefined || !wanted.includes(audience)) {
      return { ...read.data, metadata: {}, status: { user: {}, error: 'invalid bearer token' } };
    }
    const { username, uid = '', groups = [], extra } = account;
    const user = { username, uid, groups: [...groups, 'system:authenticated'], ...(extra ? { extra } : {}) };
    return { ...read.data, metadata: {}, status: { authenticated: true, user, audiences: [audience] } };
  }

  #reviewAccess(body: unknown): object | Status {
    const read = accessReview.safeParse(body);
    if (!read.success) return failure(422, 'SubjectAccessReview is invalid');
    const { user, groups, resourceAttributes: wanted } = read.data.spec;
    const grant = this.grants.find(
      (each) =>
        [user, ...groups].includes(each.to) &&
        (each.verbs.includes('*') || each.verbs.includes(wanted.verb)) &&
        each.group === wanted.group &&
        [wanted.resource, '*'].includes(each.resource) &&
        // A right in the whole cluster is one in each of its namespaces.
        (each.namespace === null || each.namespace === wanted.namespace),
    );
    return { ...read.data, metadata: {}, status: { allowed: grant !== undefined } };
  }
}
