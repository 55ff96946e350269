import type { Alias, AliasTag } from '../core/alias.ts';
import { WeirError } from '../core/errors.ts';
import type * as wire from './wire.ts';

export function encodeAlias({ name, cidr, allowed, expiresUnixMs, comment }: Alias, expired: boolean): wire.Alias {
  return { name, cidr, allowed, expiresUnixMs: expiresUnixMs ?? 0, comment, expired };
}

/** What is asked for; whether it is valid is not known yet. @throws WeirError ALIAS_INVALID when there is none */
export function decodeAlias(message: wire.Alias | null): Alias {
  if (message === null) throw new WeirError('ALIAS_INVALID', 'the request has none; give its name and block');
  const { name, cidr, allowed, expiresUnixMs, comment } = message;
  return { name, cidr, allowed, expiresUnixMs: expiresUnixMs === 0 ? null : expiresUnixMs, comment };
}

export function encodeAliasTag({ name, cidr, allowed }: AliasTag): wire.AliasTag {
  return { name, cidr, allowed };
}
