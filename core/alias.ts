import { addressFromBytes, parseAddress, parseCidr } from './address.ts';
import { WeirError } from './errors.ts';
import type { UnixMs } from './time.ts';

/** A name that people give to addresses outside the cluster. */
export interface Alias {
  /** Lower case letters, digits, `-` and `.`, at most 63. */
  readonly name: string;
  /** Canonical text of an address block. */
  readonly cidr: string;
  /** Whether policies may allow the whole block. */
  readonly allowed: boolean;
  /** From then on it names nothing any more; null when it has no end. */
  readonly expiresUnixMs: UnixMs | null;
  /** For people; may be empty. */
  readonly comment: string;
}

/** What an address that an alias names carries of it. */
export type AliasTag = Pick<Alias, 'name' | 'cidr' | 'allowed'>;

const aliasName = /^(?=.{1,63}$)[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const maxComment = 200;

function invalid(what: string): WeirError {
  return new WeirError('ALIAS_INVALID', what);
}

/** The canonical block of an address or a block. @throws WeirError ALIAS_INVALID */
function readBlock(text: string): string {
  const address = parseAddress(text);
  const block = parseCidr(address === null ? text : `${address}/${address.includes(':') ? 128 : 32}`);
  if (block === null) {
    throw invalid(`${JSON.stringify(text)} is no address or block; give one such as 203.0.113.0/24 or 2001:db8::/32`);
  }
  const given = address ?? parseAddress(text.slice(0, text.lastIndexOf('/')));
  if (given !== addressFromBytes(block.network))
    throw invalid(`${text} has bits behind its prefix; give ${block.text}`);
  return block.text;
}

/**
 * Reads an alias as people give it: the block may be a single address. Of overlapping aliases the smallest block names
 * an address. @throws WeirError ALIAS_INVALID
 */
export function readAlias(given: Alias, nowUnixMs: UnixMs): Alias {
  const { name, expiresUnixMs, comment } = given;
  if (!aliasName.test(name)) {
    const what = 'give 1 to 63 lower case letters, digits, - and ., which begin and end with a letter or digit';
    throw invalid(`${JSON.stringify(name.slice(0, 80))} is no name; ${what}`);
  }
  if (expiresUnixMs !== null && (!Number.isSafeInteger(expiresUnixMs) || expiresUnixMs <= nowUnixMs)) {
    throw invalid('it would expire in the past; give a moment that is to come, or none');
  }
  if (comment.length > maxComment) throw invalid(`the comment is longer than ${maxComment} characters; shorten it`);
  return { ...given, cidr: readBlock(given.cidr) };
}
