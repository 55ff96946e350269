import type { LinkState } from '../map/model.ts';

export type Mark = LinkState | 'denied' | 'depends';

const shapes: Readonly<Record<Mark, string>> = {
  forwarded: 'M2 6l3 3 5-6',
  allowed: 'M2 6l3 3 5-6',
  dropped: 'M3 3l6 6M9 3l-6 6',
  denied: 'M3 3l6 6M9 3l-6 6',
  'would-be-denied': 'M3 3l6 6M9 3l-6 6',
  refused: 'M9 3L4 6l5 3M3 2v8',
  unanswered: 'M2 6h1M5.5 6h1M9 6h1',
  depends: 'M4 4a2 2 0 1 1 2 3v1M6 10v.2',
  unknown: 'M3 6h6',
};

const texts: Readonly<Partial<Record<Mark, string>>> = { 'would-be-denied': 'would be denied' };

/** In words. */
export function markText(mark: Mark): string {
  return texts[mark] ?? mark;
}

/** A verdict by colour, shape and word. */
export function Verdict({ mark }: { readonly mark: Mark }) {
  return (
    <span className={`verdict is-${mark}`}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <path d={shapes[mark]} fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" />
      </svg>
      {markText(mark)}
    </span>
  );
}
