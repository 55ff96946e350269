import type { IdentityProblem } from '../identity/problems.ts';

/** How many of a kind are named: of thousands the first say what is wrong. */
const maxNamed = 20;

/** Problems with the cluster's addresses, for people: the first of each kind, and how many more there are. */
export function identityRemarks(problems: readonly IdentityProblem[]): string[] {
  const kinds = new Set(problems.map(({ kind }) => kind));
  return [...kinds].flatMap((kind) => {
    const texts = problems.filter((each) => each.kind === kind).map(({ text }) => text);
    const more = texts.length - maxNamed;
    return [...texts.slice(0, maxNamed), ...(more > 0 ? [`${kind}: ${more} more`] : [])];
  });
}
