import { markText } from '../design/Verdict.tsx';
import type { LinkState, MapLink } from './model.ts';

/** What the lines mean that are there. */
export function Legend({ links }: { readonly links: readonly MapLink[] }) {
  const states: LinkState[] = [...new Set(links.map(({ state }) => state))].toSorted();
  if (states.length === 0) return null;
  return (
    <ul className="legend" aria-label="Legend">
      {states.map((state) => (
        <li key={state} className={`verdict link is-${state}`}>
          <svg width="26" height="8" aria-hidden="true">
            <path className="line" d="M1 4H25" />
          </svg>
          {markText(state)}
        </li>
      ))}
    </ul>
  );
}
