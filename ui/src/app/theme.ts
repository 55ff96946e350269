import { useSyncExternalStore } from 'react';

export type Theme = 'light' | 'dark';

const key = 'weir.theme';
const preferred = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

function current(): Theme {
  const chosen = localStorage.getItem(key);
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return preferred.matches ? 'dark' : 'light';
}

function apply(): void {
  document.documentElement.dataset['theme'] = current();
  for (const listener of listeners) listener();
}

preferred.addEventListener('change', apply);
apply();

/** The reader's choice, or else the system's. */
export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, current);
}

export function toggleTheme(): void {
  localStorage.setItem(key, current() === 'dark' ? 'light' : 'dark');
  apply();
}
