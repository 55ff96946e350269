import { z } from 'zod';

/**
 * In what form a file has the value of an option; a flag or the environment give text, which is brought into it. An
 * action is given as a flag and in no other way: it is what a process is to do once, not how it is to do it.
 */
export type Form = 'text' | 'number' | 'switch' | 'list' | 'action';

/**
 * One thing that a process can be told. All its names follow from its key in the table: `maxEdges` is `--max-edges`,
 * `WEIR_MAX_EDGES`, and `max-edges` in a file.
 */
export interface Option<Value> {
  readonly form: Form;
  /** What stands for the value in help, such as `<time>`; empty where there is none. */
  readonly takes: string;
  readonly description: string;
  /** Reads a value of the form; what it says of another tells what to give. */
  readonly schema: z.ZodType<Value>;
  /** What counts when nothing is given, in the form; null where that is no value at all. */
  readonly initial: string | number | boolean | readonly string[] | null;
  /** Why a value must not stand in a file that is no secret; null where it may. */
  readonly unfitForFile: (value: unknown) => string | null;
  /** Name in the environment where it is another, without WEIR_. */
  readonly environment: string | null;
}

/** What a process can be told, by key. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** What a process was told: null where an option has neither a value nor a default. */
export type Values<Table extends Options> = {
  readonly [Key in keyof Table]: Table[Key] extends Option<infer Value> ? Value : never;
};

const plain = { unfitForFile: () => null, environment: null };

/** An option with a value in text. */
export function text<Value>(takes: string, description: string, schema: z.ZodType<Value>): Option<Value | null>;
export function text<Value>(
  takes: string,
  description: string,
  schema: z.ZodType<Value>,
  initial: string,
): Option<Value>;
export function text<Value>(
  takes: string,
  description: string,
  schema: z.ZodType<Value>,
  initial: string | null = null,
): Option<Value | null> {
  return { ...plain, form: 'text', takes, description, schema, initial };
}

/** An option with a whole number. */
export function number(description: string, schema: z.ZodType<number>, initial: number): Option<number> {
  return { ...plain, form: 'number', takes: '<n>', description, schema, initial };
}

/** An option with a list: a flag that may be given again, and text with commas. One that has a default is never empty. */
export function list<Item>(
  takes: string,
  description: string,
  item: z.ZodType<Item>,
  initial: readonly string[],
): Option<readonly Item[]> {
  const schema = z.array(item, 'give a list').min(initial.length === 0 ? 0 : 1, 'give one or more');
  return { ...plain, form: 'list', takes, description, schema, initial };
}

/** An option that is true or false, and false when it is not given. */
export function toggle(description: string, environment: string | null = null): Option<boolean> {
  const schema = z.boolean('give true or false');
  return { ...plain, form: 'switch', takes: '', description, schema, initial: false, environment };
}

/** Something to do once, in place of what the process does else. */
export function action(description: string): Option<boolean> {
  return { ...plain, form: 'action', takes: '', description, schema: z.boolean(), initial: false };
}

/** The name of an option as a flag, without its dashes, and in a file. */
export function longName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The name of an option in the environment. */
export function environmentName(key: string, { environment }: Option<unknown>): string {
  return `WEIR_${environment ?? longName(key).replaceAll('-', '_').toUpperCase()}`;
}
