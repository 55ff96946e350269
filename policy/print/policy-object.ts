import type { Direction } from '../../core/flow.ts';
import type { Fields } from '../../core/fields.ts';

/** One rule as a dialect writes it. */
export interface WrittenRule {
  /** Which of the policy's rules in that direction it stands for, from 0; null for one that the dialect needs besides. */
  readonly index: number | null;
  readonly fields: Fields;
}

/** A policy of some dialect, ready to be printed. */
export interface PolicyObject {
  /** Everything but the rules, in the order in which it is written; `spec` comes last. */
  readonly head: Fields & { readonly spec: Fields };
  /** What follows in `spec`; absent where nothing is written, which can mean something else than no rules. */
  readonly rules: Readonly<Partial<Record<Direction, readonly WrittenRule[]>>>;
}

/** The fields without those that are absent, in the order in which they are given. */
export function present(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
