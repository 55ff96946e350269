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

const tokenKey = 'weir.token';

/** The bearer token that a person gave for this tab; null while there is none. */
export function token(): string | null {
  return sessionStorage.getItem(tokenKey);
}

export function setToken(value: string): void {
  if (value === '') sessionStorage.removeItem(tokenKey);
  else sessionStorage.setItem(tokenKey, value);
}

/** Headers that say who asks; a proxy that signs people in needs none. */
export function identityHeaders(): Record<string, string> {
  const bearer = token();
  return bearer === null ? {} : { authorization: `Bearer ${bearer}` };
}

/** Below the page's own address, whatever path a proxy serves it under. */
export function apiUrl(path: string): URL {
  return new URL(`api/v1/${path}`, document.baseURI);
}

/** What an answer that is no result says. */
export async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  try {
    const { code, message } = JSON.parse(text) as { code?: unknown; message?: unknown };
    if (typeof code === 'string' && typeof message === 'string') return new ApiError(code, response.status, message);
  } catch {
    // Not from Weir: a proxy's own page, which nobody wants to read here.
  }
  return new ApiError('HTTP', response.status, `The server answered ${response.status} ${response.statusText}`.trim());
}

/** Asks one method of the API. @throws ApiError */
export async function call<Key extends ApiKey, Name extends keyof Methods[Key] & string>(
  key: Key,
  method: Name,
  request: Partial<RequestOf<Key, Name>>,
  signal?: AbortSignal,
): Promise<ResponseOf<Key, Name>> {
  let response: Response;
  try {
    response = await fetch(apiUrl(`${key}/${method}`), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...identityHeaders() },
      body: JSON.stringify(request),
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError('UNREACHABLE', 0, 'The aggregator did not answer');
  }
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as ResponseOf<Key, Name>;
}
