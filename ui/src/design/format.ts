const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Three digits at most: `1.2 MB`. */
export function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** With separators: `12,345`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** How long ago, in the largest unit: `just now`, `4m ago`, `3d ago`; empty for 0. */
export function agoText(unixMs: number, nowUnixMs: number): string {
  if (unixMs === 0) return '';
  const seconds = Math.max(0, Math.round((nowUnixMs - unixMs) / 1000));
  if (seconds < 20) return 'just now';
  if (seconds < 90) return `${seconds}s ago`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)}m ago`;
  if (seconds < 129_600) return `${Math.round(seconds / 3_600)}h ago`;
  return `${Math.round(seconds / 86_400)}d ago`;
}

/** In the reader's own time zone, to the second. */
export function timeText(unixMs: number): string {
  if (unixMs === 0) return '';
  const at = new Date(unixMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `3 rows`, `1 row` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}
