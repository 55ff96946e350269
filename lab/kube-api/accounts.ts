import { z } from 'zod';
import type { ObjectStore } from './object-store.ts';
import { type Attributes, isAllowed, type Subject } from './rbac.ts';
import { resourceOf } from './resources.ts';
import { failure, type Status } from './status.ts';

/** Whose a token is (authentication.k8s.io/v1 UserInfo), and for whom it was made. */
export interface Account {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  /** Null for the API server itself. */
  readonly audience?: string | null;
  /** Without it the token is good for ever. */
  readonly validUntilMs?: number;
  /** The pod without which it is good for nothing, as `namespace/name`. */
  readonly pod?: string;
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
const ownAccessReviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const ownAudience = 'https://kubernetes.default.svc';

/** What a path reviews, as the name of a resource; null for any other path. */
export function reviewOf(path: string): { readonly group: string; readonly resource: string } | null {
  if (![tokenReviews, accessReviews, ownAccessReviews].includes(path)) return null;
  const [, , group = '', , resource = ''] = path.split('/');
  return { group, resource };
}

/** The groups that a name brings with it. */
export function groupsOf(username: string): string[] {
  const [, namespace] = /^system:serviceaccount:([^:]+):/.exec(username) ?? [];
  return namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

const tokenReview = z.object({
  apiVersion: z.literal('authentication.k8s.io/v1'),
  kind: z.literal('TokenReview'),
  spec: z.object({ token: z.string(), audiences: z.array(z.string()).min(1).optional() }),
});

const accessReview = z.object({
  apiVersion: z.literal('authorization.k8s.io/v1'),
  kind: z.enum(['SubjectAccessReview', 'SelfSubjectAccessReview']),
  spec: z.object({
    user: z.string().default(''),
    groups: z.array(z.string()).default([]),
    resourceAttributes: z.object({
      namespace: z.string().default(''),
      verb: z.string(),
      group: z.string().default(''),
      resource: z.string(),
      subresource: z.string().default(''),
      name: z.string().default(''),
    }),
  }),
});

/** The users of a cluster and their rights, as reviews of tokens and of access tell them. */
export class Accounts {
  readonly tokens = new Map<string, Account>();
  /** Rights beside those of the roles that are stored. */
  grants: readonly Grant[] = [];
  readonly #store: ObjectStore;

  /** @param store where roles and their bindings are, and the pods of tokens */
  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** What a POST of a review is answered with. @param caller whom a review of one's own rights is about */
  review(path: string, body: unknown, caller: Subject | null): object | Status {
    return path === tokenReviews
      ? this.#reviewToken(body)
      : this.#reviewAccess(body, path === ownAccessReviews, caller);
  }

  /** Whose a token is; null when it is nobody's, not yet or no more, or was not made for this audience. */
  find(token: string, audiences: readonly string[] = [ownAudience]): Account | null {
    const account = this.tokens.get(token);
    if (account === undefined || !audiences.includes(account.audience ?? ownAudience)) return null;
    if (account.validUntilMs !== undefined && account.validUntilMs < Date.now()) return null;
    const pods = resourceOf('v1', 'Pod');
    const isGone = account.pod !== undefined && pods !== null && this.#store.get(pods, account.pod) === null;
    return isGone ? null : account;
  }

  isAllowed(subject: Subject, wanted: Attributes): boolean {
    const grant = this.grants.find(
      (each) =>
        [subject.username, ...subject.groups].includes(each.to) &&
        (each.verbs.includes('*') || each.verbs.includes(wanted.verb)) &&
        each.group === wanted.group &&
        [wanted.resource, '*'].includes(each.resource) &&
        // A right in the whole cluster is one in each of its namespaces.
        (each.namespace === null || each.namespace === wanted.namespace),
    );
    return grant !== undefined || isAllowed(this.#store, subject, wanted);
  }

  #reviewToken(body: unknown): object | Status {
    const read = tokenReview.safeParse(body);
    if (!read.success) return failure(422, 'TokenReview is invalid');
    const { spec } = read.data;
    const account = this.find(spec.token, spec.audiences);
    if (account === null) {
      return { ...read.data, metadata: {}, status: { user: {}, error: 'invalid bearer token' } };
    }
    const { username, uid = '', groups = [], extra, audience = null } = account;
    const user = { username, uid, groups: [...groups, 'system:authenticated'], ...(extra ? { extra } : {}) };
    return { ...read.data, metadata: {}, status: { authenticated: true, user, audiences: [audience ?? ownAudience] } };
  }

  #reviewAccess(body: unknown, isOwn: boolean, caller: Subject | null): object | Status {
    const read = accessReview.safeParse(body);
    if (!read.success) return failure(422, 'SubjectAccessReview is invalid');
    const { user, groups, resourceAttributes: wanted } = read.data.spec;
    const { verb, group, resource, subresource, namespace, name } = wanted;
    const attributes = {
      verb,
      group,
      resource: subresource === '' ? resource : `${resource}/${subresource}`,
      namespace: namespace === '' ? null : namespace,
      name: name === '' ? null : name,
    };
    const subject = isOwn ? (caller ?? { username: 'system:anonymous', groups: [] }) : { username: user, groups };
    return { ...read.data, metadata: {}, status: { allowed: this.isAllowed(subject, attributes) } };
  }
}
