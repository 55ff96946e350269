import { z } from 'zod';
import { type Milliseconds, parseDuration } from '../core/time.ts';

/** Text that is not empty. @param wanted what to give, for who gave something else */
export function textOf(wanted: string): z.ZodType<string> {
  return z.string(wanted).min(1, wanted);
}

/** Text of a shape. @param wanted what to give, for who gave something else */
export function textLike(shape: RegExp, wanted: string): z.ZodType<string> {
  return z.string(wanted).regex(shape, wanted);
}

/**
 * Text that stands for something else. @param read gives null for what does not stand for anything
 * @param wanted what to give, for who gave something else
 */
export function textAs<Value>(read: (text: string) => Value | null, wanted: string): z.ZodType<Value> {
  return z.string(wanted).transform((text, context): Value => {
    const value = read(text);
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message: wanted });
    return z.NEVER;
  });
}

/** One of a few words. */
export function oneOf<Word extends string>(words: readonly Word[]): z.ZodType<Word> {
  return z.enum(words, `give one of ${words.join(', ')}`);
}

/** A whole number from 1. */
export function countUpTo(most: number): z.ZodType<number> {
  const wanted = `give a whole number from 1 to ${most}`;
  return z.int(wanted).min(1, wanted).max(most, wanted);
}

/** A length of time within bounds, both of which are within them. The bounds are texts as one gives them. */
export function durationWithin(least: string, most: string): z.ZodType<Milliseconds> {
  const [leastMs, mostMs] = [parseDuration(least), parseDuration(most)].map((ms) => ms ?? Number.NaN);
  const read = (text: string) => {
    const ms = parseDuration(text);
    return ms !== null && ms >= (leastMs as number) && ms <= (mostMs as number) ? ms : null;
  };
  return textAs(read, `give a length of time from ${least} to ${most}, such as 500ms, 15s, 1h30m or 7d`);
}

export const file = textOf('name a file');
export const folder = textOf('name a folder');

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export const logLevel = oneOf(logLevels);

function isHostPort(address: string): boolean {
  return Number(/^.+:(\d{1,5})$/.exec(address)?.[1]) <= 65_535;
}

/** Where something listens on the network. */
export const hostPort = textAs(
  (address) => (isHostPort(address) ? address : null),
  'give host:port or [v6 address]:port',
);

/** Where something listens, on the network or in the file system. */
export const hostPortOrSocket = textAs(
  (address) => (/^unix:\/.+$/.test(address) || isHostPort(address) ? address : null),
  'give host:port, [v6 address]:port or unix:/absolute/path',
);
