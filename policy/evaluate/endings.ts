import type { Assumption, Because } from './because.ts';
import type { Match } from './match.ts';

/** A decision that a part of the policies may come to, and how sure the match behind it is. */
export interface Ending {
  readonly because: Because;
  readonly strength: Match['strength'];
}

/**
 * All that a part of the policies may come to, over every reading of what is open. A part that is certain has exactly
 * one of the four.
 */
export interface Endings {
  readonly allow: Ending | null;
  readonly deny: Ending | null;
  /** May hand over to the next tier. */
  readonly pass: boolean;
  /** May say nothing, so that what follows in the same tier is asked. */
  readonly silent: boolean;
  /** The first thing that is open; null where nothing is. */
  readonly assumption: Assumption | null;
}

export const silence: Endings = { allow: null, deny: null, pass: false, silent: true, assumption: null };

function stronger(a: Ending | null, b: Ending | null): Ending | null {
  return a === null || (b !== null && b.strength > a.strength) ? b : a;
}

/** Both together, where the second is asked only if the first says nothing. */
export function followedBy(first: Endings, second: Endings): Endings {
  if (!first.silent) return first;
  return {
    allow: stronger(first.allow, second.allow),
    deny: stronger(first.deny, second.deny),
    pass: first.pass || second.pass,
    silent: second.silent,
    assumption: first.assumption ?? second.assumption,
  };
}

function speaks({ allow, deny, pass }: Endings): boolean {
  return allow !== null || deny !== null || pass;
}

/** What several parts come to when any of them may be asked first. @param open what their disagreement depends on */
export function inAnyOrder(parts: readonly Endings[], open: Assumption): Endings {
  const speaking = parts.filter(speaks);
  const [first, ...others] = speaking;
  if (first === undefined) return silence;
  let all = first;
  for (const next of others) {
    all = {
      allow: stronger(all.allow, next.allow),
      deny: stronger(all.deny, next.deny),
      pass: all.pass || next.pass,
      silent: all.silent && next.silent,
      assumption: all.assumption ?? next.assumption,
    };
  }
  const certain = speaking.filter(({ silent }) => !silent);
  const agree = new Set(certain.map(({ allow, deny, pass }) => `${allow !== null} ${deny !== null} ${pass}`)).size < 2;
  return agree ? all : { ...all, assumption: open };
}

/** Handing over to the next tier ends this one as saying nothing does. */
export function endOfTier(endings: Endings): Endings {
  return endings.pass ? { ...endings, pass: false, silent: true } : endings;
}
