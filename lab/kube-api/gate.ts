import type { IncomingMessage } from 'node:http';
import { type Accounts, groupsOf, reviewOf } from './accounts.ts';
import type { Attributes, Subject } from './rbac.ts';
import { type Target, verbOf } from './request.ts';
import { failure, type Status } from './status.ts';

/** A verb of a resource that is refused: `list pods`. */
export type Denied = `${'get' | 'list' | 'watch'} ${string}`;

/** What somebody asked for, and whether it was allowed, as the audit log of an API server has it. */
export interface Audited extends Attributes {
  readonly user: string;
  readonly allowed: boolean;
}

function attributesOf(method: string, path: string, target: Target | null, isWatch: boolean): Attributes | null {
  const review = reviewOf(path);
  if (review !== null) return { verb: 'create', ...review, namespace: null, name: null };
  if (target === null) return null;
  const { resource, namespace, name, subresource } = target;
  const full = subresource === null ? resource.name : `${resource.name}/${subresource}`;
  return { verb: verbOf(method, target, isWatch), group: resource.group, resource: full, namespace, name };
}

/** Who may pass: by one token for all, or as the accounts and the stored roles say. */
export class Gate {
  token: string | null;
  readonly denied = new Set<Denied>();
  readonly audit: Audited[] = [];
  readonly #accounts: Accounts;
  readonly #authorizes: boolean;

  /** @param authorizes whether every request needs the token of an account that has the right to it */
  constructor(accounts: Accounts, token: string | null, authorizes: boolean) {
    this.#accounts = accounts;
    this.token = token;
    this.#authorizes = authorizes;
  }

  /** Who asks; null where nobody need be known. A master may ask in the name of another. */
  callerOf({ headers }: IncomingMessage): Subject | Status | null {
    const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
    if (!this.#authorizes) return this.token === null || token === this.token ? null : failure(401, 'Unauthorized');
    const account = this.#accounts.find(token);
    if (account === null) return failure(401, 'Unauthorized');
    const groups = [...(account.groups ?? []), 'system:authenticated'];
    const other = headers['impersonate-user'];
    if (typeof other !== 'string') return { username: account.username, groups };
    if (!groups.includes('system:masters')) return failure(403, `users "${other}" is forbidden: cannot impersonate`);
    return { username: other, groups: [...groupsOf(other), 'system:authenticated'] };
  }

  /** Why a request is not served, whatever there is. */
  refusal(
    method: string,
    path: string,
    target: Target | null,
    isWatch: boolean,
    caller: Subject | null,
  ): Status | null {
    const asked = attributesOf(method, path, target, isWatch);
    if (asked === null) return null;
    const { verb, group, resource, namespace } = asked;
    if (this.denied.has(`${verb} ${resource}` as Denied)) return forbidden('system:serviceaccount:weir:weir', asked);
    if (caller === null) return null;
    // What is asked about oneself is everybody's.
    const allowed = resource === 'selfsubjectaccessreviews' || this.#accounts.isAllowed(caller, asked);
    this.audit.push({ user: caller.username, verb, group, resource, namespace, name: asked.name, allowed });
    return allowed ? null : forbidden(caller.username, asked);
  }
}

function forbidden(user: string, { verb, group, resource, namespace }: Attributes): Status {
  const where = namespace === null ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const what = `User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
  return failure(403, `${resource} is forbidden: ${what}`);
}
