import { isFields } from '../core/fields.ts';
import type { Milliseconds } from '../core/time.ts';

/** Why the API did not give what was asked for; each cause wants something else done about it. */
export type FailureCause =
  /** 410: the version or the page that was asked for is forgotten; or the server has never had it. List again. */
  | 'expired'
  /** 429: ask again later. */
  | 'throttled'
  /** 401: the credentials are not accepted. */
  | 'unauthorized'
  /** 403: the credentials do not suffice. */
  | 'forbidden'
  /** 404: there is no such resource. */
  | 'absent'
  /** Another answer, or none: refused, timed out, broken off, 5xx, not JSON. */
  | 'unavailable';

/** An answer of the API, or its absence, that is no success. */
export interface Failure {
  readonly cause: FailureCause;
  /** What happened, for people; ends without a full stop. */
  readonly message: string;
  /** How long the server asks to be left alone; null when it does not say. */
  readonly retryAfterMs: Milliseconds | null;
  /** With what a list that expired half-way can go on, on a newer state; null when it cannot. */
  readonly continueToken: string | null;
}

export function unavailable(message: string): Failure {
  return { cause: 'unavailable', message, retryAfterMs: null, continueToken: null };
}

const causes: Readonly<Record<number, FailureCause>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'absent',
  410: 'expired',
  429: 'throttled',
};

/** The parts of a Status object (meta/v1) that are read. */
interface Status {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly metadata?: { readonly continue?: unknown } | null;
  readonly details?: { readonly retryAfterSeconds?: unknown; readonly causes?: unknown } | null;
}

/** Longer messages of servers are cut: what stands in their place may be a page of HTML. */
const maxMessageLength = 300;

/** What a Status object says, also when it is none. @param code the HTTP status, or that of an ERROR event */
export function failureOf(code: number, status: unknown, retryAfter: string | undefined): Failure {
  const { message, metadata, details } = (typeof status === 'object' && status !== null ? status : {}) as Status;
  const seconds = Number(retryAfter ?? details?.retryAfterSeconds ?? Number.NaN);
  const token = metadata?.continue;
  const said = typeof message === 'string' && message !== '' ? `: ${message.slice(0, maxMessageLength)}` : '';
  return {
    cause: isTooLarge(details?.causes) ? 'expired' : (causes[code] ?? 'unavailable'),
    message: `the API answered ${code}${said}`,
    retryAfterMs: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null,
    continueToken: typeof token === 'string' && token !== '' ? token : null,
  };
}

/** A server that was set back, to a backup for example, waits in vain for the version that its clients know. */
function isTooLarge(list: unknown): boolean {
  return Array.isArray(list) && list.some((each) => isFields(each) && each['reason'] === 'ResourceVersionTooLarge');
}

/** What the ERROR event of a watch says: a Status with its code inside. */
export function failureOfEvent(status: unknown): Failure {
  const code = (typeof status === 'object' && status !== null ? status : {}) as Status;
  return failureOf(typeof code.code === 'number' ? code.code : 500, status, undefined);
}
