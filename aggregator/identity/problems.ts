/** What is wrong with the addresses of a cluster, by kind: some address has no name because of it. */
export const identityProblemKinds = ['duplicate-address', 'invalid-address'] as const;
export type IdentityProblemKind = (typeof identityProblemKinds)[number];

export interface IdentityProblem {
  readonly kind: IdentityProblemKind;
  /** For people: who, which address. */
  readonly text: string;
}
