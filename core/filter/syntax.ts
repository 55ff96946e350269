/** Where something stands in a filter, in UTF-16 code units: from `at`, `length` of them. */
export interface Place {
  readonly at: number;
  readonly length: number;
}

/** Why a text is no filter, and where. */
export interface FilterProblem extends Place {
  readonly message: string;
}

/** Which end a term speaks of: the client, the server, or either. */
export type Side = 'client' | 'server' | 'either';

/** How a term compares: `equal` to one of its values, `like` one of them, or the label `exists`. */
export type Comparison = 'equal' | 'like' | 'exists';

/** One condition of a filter. */
export interface Term {
  readonly type: 'term';
  readonly field: string;
  readonly side: Side;
  /** Key of the label for the field `label`; else empty. */
  readonly label: string;
  readonly comparison: Comparison;
  readonly values: readonly string[];
}

/** A filter as a tree. */
export type Filter =
  | Term
  | { readonly type: 'all' }
  | { readonly type: 'not'; readonly of: Filter }
  | { readonly type: 'and' | 'or'; readonly of: readonly Filter[] };

/** The longest filter, in UTF-16 code units. */
export const maxFilterLength = 4_096;

/** How deep parentheses and negations may be nested. */
export const maxFilterDepth = 32;
