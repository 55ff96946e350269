import { isCountName } from './names.ts';

/** Carries a complaint about a message to the one place that turns it into a result. */
export class Invalid extends Error {}

/** @throws Invalid with the message */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Invalid(message);
}

/** Whether a number counts something: whole, exact and not negative. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** The value that an index refers to. @throws Invalid when there is none */
export function at<Value>(values: readonly Value[], index: number | undefined, what: string): Value {
  const value = values[index as number];
  check(value !== undefined, `${what} ${index} is out of range: there are ${values.length}`);
  return value;
}

/** Text that somebody else chose, short enough and safe to be in a message. */
export function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}

/** Sums of named counts, such as losses by stage. @throws Invalid for what is no name or no count */
export function decodeCounts(
  entries: Iterable<readonly [name: string, count: number]>,
  what: string,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, count] of entries) {
    check(isCountName(name), `${what}: not a name: ${quote(name)}`);
    check(isCount(count), `${what} ${name}: not a count: ${count}`);
    counts[name] = (counts[name] ?? 0) + count;
  }
  return counts;
}
