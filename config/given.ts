import { WeirError } from '../core/errors.ts';
import type { Option } from './option.ts';

/** A value as somebody gave it, in the form of its option or in a wrong one. */
export interface Given {
  readonly value: unknown;
  /** Where it was given, for people. @param index of the item that is meant, in a list */
  readonly place: (index?: readonly (string | number)[]) => string;
}

/** What is said of a value that cannot be used. */
export function wrong(place: string, what: string): WeirError {
  return new WeirError('CONFIG_INVALID', `${place}: ${what}`);
}

/** What the text of a flag or of the environment is in the form of its option; itself where it cannot be that. */
export function inForm(form: Option<unknown>['form'], text: string): unknown {
  if (form === 'number') return /^\d+$/.test(text) ? Number(text) : text;
  if (form === 'list') return text.split(',').map((item) => item.trim());
  if (form === 'switch' && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}

/** @throws WeirError CONFIG_INVALID: says where the value was given and what to give in its place */
export function readGiven<Value>(option: Option<Value>, { value, place }: Given): Value {
  const read = option.schema.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const index = (issue?.path ?? []).filter((each) => typeof each !== 'symbol');
  throw wrong(place(index), issue?.message ?? 'not valid');
}
