/** Why a person is asked to sign in. */
export type SignInCause =
  /** No token was given yet. */
  | 'none'
  /** The token that was given is not valid. */
  | 'refused'
  /** The token was valid and is not any more. */
  | 'ended'
  | 'signed-out'
  /** What stands before the aggregator wants it, not the aggregator: a token is of no use there. */
  | 'elsewhere';

export type Session = { readonly type: 'open' } | { readonly type: 'asked'; readonly cause: SignInCause };

// In the memory of this page alone: browsers write what they store for a page, or a tab, to the disk.
let held: string | null = null;
let isProven = false;
let session: Session = { type: 'open' };
const listeners = new Set<() => void>();

function become(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}

/** The bearer token that a person gave; null where none is needed or given. It is gone with the page. */
export function token(): string | null {
  return held;
}

export function currentSession(): Session {
  return session;
}

/** @returns ends it */
export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function signIn(given: string): void {
  held = given;
  isProven = false;
  become({ type: 'open' });
}

export function signOut(): void {
  held = null;
  become({ type: 'asked', cause: 'signed-out' });
}

/** A question was answered that was asked with this token. */
export function answered(bearer: string | null): void {
  if (bearer === held) isProven = true;
}

/** A question was refused for want of a valid token. @param bearer with which it was asked @param byWeir whether the aggregator said so */
export function refused(bearer: string | null, byWeir: boolean): void {
  // Another has signed in meanwhile, or out.
  if (bearer !== held || session.type === 'asked') return;
  const cause = !byWeir ? 'elsewhere' : bearer === null ? 'none' : isProven ? 'ended' : 'refused';
  held = null;
  become({ type: 'asked', cause });
}
