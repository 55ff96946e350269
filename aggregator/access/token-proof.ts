import { WeirError } from '../../core/errors.ts';
import type { Clock, Milliseconds, UnixMs } from '../../core/time.ts';
import type { NodeProof } from './node-proof.ts';
import type { TokenReviews } from './token-reviews.ts';

export interface TokenProofOptions {
  /** Whose API server reviews them. */
  readonly cluster: string;
  readonly reviews: TokenReviews;
  /** The agents' service account, as `namespace/name`. */
  readonly account: string;
  /** For whom their tokens are made. */
  readonly audience: string;
  readonly clock: Clock;
}

/** The node of the pod that a token is bound to; since Kubernetes 1.30. */
const nodeNameKey = 'authentication.kubernetes.io/node-name';

/** How long a stream may last whose token says of no end. */
const unknownEndMs: Milliseconds = 600_000;

/**
 * Agents prove their node with the token of their pod: the API server says which node the pod runs on, and no longer
 * takes the token once the pod is gone.
 */
export function tokenProof({ cluster, reviews, account, audience, clock }: TokenProofOptions): NodeProof {
  const [namespace, name] = account.split('/');
  const username = `system:serviceaccount:${namespace}:${name}`;
  return async ({ token }) => {
    if (token === null) return null;
    const user = await reviews.review(token, audience);
    if (user === null) {
      throw new WeirError('UNAUTHENTICATED', `the agent's token is not valid for the audience ${audience}`);
    }
    if (user.username !== username) {
      throw new WeirError('UNAUTHENTICATED', `the agent's token is of ${user.username}, not of ${username}`);
    }
    const node = user.extra[nodeNameKey]?.[0];
    if (node === undefined) {
      const what = 'the API server does not say on which node the agent runs; agents with tokens need Kubernetes 1.30';
      throw new WeirError('UNAUTHENTICATED', `${what} or later and a token that is bound to their pod`);
    }
    return { cluster, nodes: [node], expiresUnixMs: expiryOf(token) ?? clock.now() + unknownEndMs, by: 'token' };
  };
}

/** When a token ends that the API server has found valid; null when it does not say. */
function expiryOf(token: string): UnixMs | null {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const { exp } = payload as { exp?: unknown };
    return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : null;
  } catch {
    return null;
  }
}
