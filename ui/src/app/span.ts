/** The time that is looked at: the last so many milliseconds (0: all that is kept), or a span that stands still. */
export type Span =
  | { readonly type: 'last'; readonly ms: number }
  | { readonly type: 'between'; readonly startUnixMs: number; readonly endUnixMs: number };

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What the menu offers, by what the URL says. */
export const lastSpans = ['15m', '1h', '6h', '24h', '7d', '30d', 'all'] as const;

export const defaultSpan: Span = { type: 'last', ms: 3_600_000 };

/** Reads `15m`, `all` or `1700000000000-1700003600000`; null for anything else. */
export function parseSpan(text: string): Span | null {
  if (text === 'all') return { type: 'last', ms: 0 };
  const last = /^(\d{1,4})([mhd])$/.exec(text);
  if (last !== null) {
    const ms = Number(last[1]) * (unitMs[last[2] ?? ''] ?? 0);
    return ms > 0 ? { type: 'last', ms } : null;
  }
  const between = /^(\d{1,15})-(\d{1,15})$/.exec(text);
  if (between === null) return null;
  const [startUnixMs, endUnixMs] = [Number(between[1]), Number(between[2])];
  return startUnixMs < endUnixMs ? { type: 'between', startUnixMs, endUnixMs } : null;
}

export function spanText(span: Span): string {
  if (span.type === 'between') return `${span.startUnixMs}-${span.endUnixMs}`;
  if (span.ms === 0) return 'all';
  for (const unit of ['d', 'h'] as const) {
    const size = unitMs[unit] ?? 1;
    if (span.ms % size === 0 && !(unit === 'd' && span.ms === size)) return `${span.ms / size}${unit}`;
  }
  return `${Math.round(span.ms / 60_000)}m`;
}

/** How far the start of a moving span is rounded down, so that a question stays the same question for a while. */
const grainMs = 15_000;

/** What the API is asked for; an end of 0 is now. */
export function rangeOf(span: Span, nowUnixMs: number): { readonly startUnixMs: number; readonly endUnixMs: number } {
  if (span.type === 'between') return { startUnixMs: span.startUnixMs, endUnixMs: span.endUnixMs };
  if (span.ms === 0) return { startUnixMs: 0, endUnixMs: 0 };
  const start = nowUnixMs - span.ms;
  return { startUnixMs: Math.max(0, start - (start % grainMs)), endUnixMs: 0 };
}
