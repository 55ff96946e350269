import type { Milliseconds } from '../../core/time.ts';

const units: readonly (readonly [Milliseconds, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
  [1, 'ms'],
];

/** A length of time in its two largest units: `400d`, `1h 30m`, `15s`, `230ms`. */
export function lengthText(ms: Milliseconds): string {
  const first = units.findIndex(([size]) => ms >= size);
  if (first < 0) return '0s';
  let rest = Math.round(ms);
  const parts = units.slice(first, first + 2).map(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 || (unit === 'ms' && first < units.length - 1) ? '' : `${count}${unit}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}
