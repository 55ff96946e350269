import { createHash, timingSafeEqual } from 'node:crypto';
import { WeirError } from '../../core/errors.ts';
import type { Caller, User } from './caller.ts';
import type { TokenReviews } from './token-reviews.ts';

/** A proxy that has users log in and says in headers who they are. */
export interface TrustedProxy {
  readonly userHeader: string;
  readonly groupsHeader: string;
  /** What it says in x-weir-proxy-secret, which nobody else knows. */
  readonly secret: string;
}

/** Says who calls. @throws WeirError UNAUTHENTICATED, ACCESS_UNDECIDED */
export type Authenticate = (caller: Caller) => Promise<User>;

const secretHeader = 'x-weir-proxy-secret';

/** Users are known by their Kubernetes token, or by what a trusted proxy says. @param proxy null for none */
export function authenticator(reviews: TokenReviews, proxy: TrustedProxy | null): Authenticate {
  return async (caller) => {
    if (proxy !== null && knowsSecret(caller, proxy)) return userOfProxy(caller, proxy);
    if (caller.token === null) {
      const what = 'present a token of Kubernetes; weir takes the one of your kubeconfig, or --token-file';
      throw new WeirError('UNAUTHENTICATED', what);
    }
    const user = await reviews.review(caller.token, null);
    if (user === null) throw new WeirError('UNAUTHENTICATED', 'the token is not valid, or no longer; get a new one');
    const { username, uid, groups, extra } = user;
    return { name: username, uid, groups, extra };
  };
}

function knowsSecret(caller: Caller, { secret }: TrustedProxy): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const given = caller.header(secretHeader);
  return given !== null && timingSafeEqual(digest(given), digest(secret));
}

/** @throws WeirError UNAUTHENTICATED for names that only Kubernetes itself gives */
function userOfProxy(caller: Caller, { userHeader, groupsHeader }: TrustedProxy): User {
  const name = caller.header(userHeader);
  const groups = (caller.header(groupsHeader) ?? '').split(',').map((group) => group.trim());
  if (name === null || name === '') throw new WeirError('UNAUTHENTICATED', `the proxy says no user in ${userHeader}`);
  const reserved = [name, ...groups].find((each) => each.startsWith('system:'));
  if (reserved !== undefined) {
    throw new WeirError('UNAUTHENTICATED', `the proxy says ${reserved.slice(0, 100)}, a name of Kubernetes' own`);
  }
  return { name, uid: '', groups: [...groups.filter((group) => group !== ''), 'system:authenticated'], extra: {} };
}
