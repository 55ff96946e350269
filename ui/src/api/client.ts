import { answered, refused, token } from './session.ts';
import type { ApiKey, Methods, RequestOf, ResponseOf } from './methods.ts';

/** What the aggregator, or the way to it, answered in place of a result. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /** Code of Weir's table of errors; UNREACHABLE where nothing came, HTTP where something else than Weir answered. */
  readonly code: string;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** Below the page's own address, whatever path a proxy serves it under. */
export function apiUrl(path: string): URL {
  return new URL(`api/v1/${path}`, document.baseURI);
}

/** What an answer that is no result says. */
async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  try {
    const { code, message } = JSON.parse(text) as { code?: unknown; message?: unknown };
    if (typeof code === 'string' && typeof message === 'string') return new ApiError(code, response.status, message);
  } catch {
    // Not from Weir: a proxy's own page, which nobody wants to read here.
  }
  return new ApiError('HTTP', response.status, `The server answered ${response.status} ${response.statusText}`.trim());
}

const signInElsewhere = 'What stands before the aggregator asks to sign in anew';

/**
 * Fetches from the API as whoever is signed in. @param init without what says who asks
 * @throws ApiError for all but a result, and whatever `fetch` throws once its signal is aborted
 */
export async function ask(url: URL, init: RequestInit): Promise<Response> {
  const bearer = token();
  const headers = new Headers(init.headers);
  if (bearer !== null) headers.set('authorization', `Bearer ${bearer}`);
  let response: Response;
  try {
    // A proxy that sends people away to sign in must not be followed: the page there is no answer.
    response = await fetch(url, { ...init, headers, redirect: 'manual' });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiError('UNREACHABLE', 0, 'The aggregator did not answer');
  }
  if (response.type === 'opaqueredirect') {
    refused(bearer, false);
    throw new ApiError('HTTP', 401, signInElsewhere);
  }
  if (!response.ok) {
    const error = await errorOf(response);
    if (error.status === 401) refused(bearer, error.code !== 'HTTP');
    throw error;
  }
  answered(bearer);
  return response;
}

/** Asks one method of the API. @throws ApiError */
export async function call<Key extends ApiKey, Name extends keyof Methods[Key] & string>(
  key: Key,
  method: Name,
  request: Partial<RequestOf<Key, Name>>,
  signal?: AbortSignal,
): Promise<ResponseOf<Key, Name>> {
  const response = await ask(apiUrl(`${key}/${method}`), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal: signal ?? null,
  });
  return (await response.json()) as ResponseOf<Key, Name>;
}
