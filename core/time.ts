/** Milliseconds since 1970-01-01T00:00:00Z. */
export type UnixMs = number;
/** A length of time in milliseconds. */
export type Milliseconds = number;

/** A half-open span of time: `startUnixMs` is inside, `endUnixMs` is not. */
export interface Window {
  readonly startUnixMs: UnixMs;
  readonly endUnixMs: UnixMs;
}

/** What time it is and how to wait: injected, so that tests decide. */
export interface Clock {
  now(): UnixMs;
}

export const systemClock: Clock = { now: () => Date.now() };

const durationUnits: Readonly<Record<string, Milliseconds>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Reads a duration such as `90s`, `15m`, `1h30m`, `7d` or `500ms`; null when it is not one. */
export function parseDuration(text: string): Milliseconds | null {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (durationUnits[unit as string] as number);
  }
  return Number.isSafeInteger(total) ? total : null;
}
