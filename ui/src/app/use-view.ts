import { useSyncExternalStore } from 'react';
import { parseViewState, type ViewState, viewStateText } from './view-state.ts';

let state = parseViewState(location.search);
const listeners = new Set<() => void>();

function changed(): void {
  for (const listener of listeners) listener();
}

addEventListener('popstate', () => {
  state = parseViewState(location.search);
  changed();
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function currentView(): ViewState {
  return state;
}

/** What is looked at; the URL says it too. */
export function useView(): ViewState {
  return useSyncExternalStore(subscribe, currentView);
}

/** A URL that shows what is looked at with a change. */
export function viewUrl(change: Partial<ViewState>): string {
  const text = viewStateText({ ...state, ...change });
  return text === '' ? location.pathname : text;
}

/** Looks at something else. @param how `replace` for small steps, which the way back leaves out */
export function show(change: Partial<ViewState>, how: 'push' | 'replace' = 'push'): void {
  const url = viewUrl(change);
  state = { ...state, ...change };
  if (how === 'push') history.pushState(null, '', url);
  else history.replaceState(null, '', url);
  changed();
}
