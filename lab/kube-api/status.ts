/** What an API server answers when it cannot do what was asked (meta/v1 Status). */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly continue?: string };
  readonly status: 'Failure';
  readonly message: string;
  readonly reason: string;
  readonly code: number;
  readonly details?: { readonly causes: readonly { readonly reason: string; readonly message: string }[] };
}

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

export function failure(code: number, message: string, metadata: Status['metadata'] = {}): Status {
  const reason = reasons[code] ?? 'Unknown';
  return { kind: 'Status', apiVersion: 'v1', metadata, status: 'Failure', message, reason, code };
}

/** A version that is yet to come: the server has waited for it in vain. */
export function tooLarge(version: string, current: number): Status {
  const text = 'Too large resource version';
  const causes = [{ reason: 'ResourceVersionTooLarge', message: text }];
  return { ...failure(504, `${text}: ${version}, current: ${current}`), details: { causes } };
}
