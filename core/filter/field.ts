import type { Edge } from '../edge.ts';
import type { Entity, WorkloadRef } from '../identity.ts';
import type { Labels } from '../kubernetes.ts';
import type { Scope } from '../scope.ts';
import type { Term } from './syntax.ts';

/** What a filter needs to know besides the edge. */
export interface FilterContext {
  readonly scope: Scope;
  /** The labels that a workload has now; null when it is not there any more. */
  readonly labelsOf: (workload: WorkloadRef) => Labels | null;
}

/** Decides about one end of an edge; the edge is at hand too. */
export type EndTest = (end: Entity, edge: Edge) => boolean;
export type EdgeTest = (edge: Edge) => boolean;

interface Described {
  readonly name: string;
  /** In words, for whoever writes a filter. */
  readonly detail: string;
  /** The values that there are; null where they are names. */
  readonly words: readonly string[] | null;
  /** What is wrong with a value; null when nothing is. */
  check(value: string): string | null;
}

/** Speaks of one end, which the prefixes `client.` and `server.` choose. */
export interface EndField extends Described {
  readonly of: 'end';
  test(term: Term, context: FilterContext): EndTest;
}

/** Speaks of the whole edge. */
export interface EdgeField extends Described {
  readonly of: 'edge';
  test(term: Term, context: FilterContext): EdgeTest;
}

export type FilterField = EndField | EdgeField;

/** For names: anything may be one. */
export function anyValue(): null {
  return null;
}

/** For values out of a list, whatever their case. */
export function oneOf(words: readonly string[]): (value: string) => string | null {
  return (value) =>
    words.some((word) => word.toLowerCase() === value.toLowerCase()) ? null : `give one of ${words.join(', ')}`;
}

/** For fields with a list of words: which of them are named. */
export function namedWords({ values }: Term): ReadonlySet<string> {
  return new Set(values.map((value) => value.toLowerCase()));
}
