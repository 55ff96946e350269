import { isCountName } from './names.ts';

/** Carries a complaint about a message to the one place that turns it into a result. */
export class Invalid extends Error {}

/** As Invalid, where the message refers to what was never said: said anew it may be good. */
export class Unknown extends Error {}

/** @throws Invalid with the message */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Invalid(message);
}

/** Whether a number counts something: whole, exact and not negative. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** @throws Unknown unless a number is below how many entries of its kind the dictionary has */
export function checkKnown(number: number, entries: number, what: string): void {
  if (number >= entries) throw new Unknown(`${what} ${number} is not in the dictionary: there are ${entries}`);
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
