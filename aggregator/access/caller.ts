import type { IncomingMessage } from 'node:http';
import type { Metadata } from '@grpc/grpc-js';

/** Who calls, as far as the call itself says it: nothing of it is believed yet. */
export interface Caller {
  /** Bearer token; null for none. */
  readonly token: string | null;
  /** Headers by their names in lower case; of those that came more than once, none. */
  readonly header: (name: string) => string | null;
  /** Where the call comes from, for the log and for bounds. */
  readonly from: string;
}

/** A user whose name is proven, as Kubernetes names it. */
export interface User {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** The bearer token of an Authorization header; null when it holds none. */
export function bearerToken(authorization: string | null): string | null {
  return /^bearer +([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1] ?? null;
}

export function callerOfMetadata(metadata: Metadata, from: string): Caller {
  const header = (name: string) => {
    const values = metadata.get(name);
    return values.length === 1 ? String(values[0]) : null;
  };
  return { token: bearerToken(header('authorization')), header, from };
}

export function callerOfRequest(request: IncomingMessage): Caller {
  const header = (name: string) => {
    const values = request.headersDistinct[name] ?? [];
    return values.length === 1 ? (values[0] ?? null) : null;
  };
  const { remoteAddress = 'unknown', remotePort = 0 } = request.socket;
  return { token: bearerToken(header('authorization')), header, from: `${remoteAddress}:${remotePort}` };
}
