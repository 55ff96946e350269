import { screens, type Screen } from './view-state.ts';

export interface Shortcut {
  readonly keys: readonly string[];
  readonly text: string;
}

const letters: Readonly<Record<string, Screen>> = {
  m: 'map',
  i: 'ingress',
  e: 'egress',
  p: 'policy',
  a: 'applied',
  c: 'coverage',
  s: 'settings',
};

/** The screen that `g` and then this letter goes to. */
export function screenOfLetter(letter: string): Screen | null {
  return letters[letter] ?? null;
}

/** What the keyboard map lists. */
export const shortcuts: readonly Shortcut[] = [
  ...screens.map((screen) => {
    const letter = Object.keys(letters).find((each) => letters[each] === screen) ?? '';
    return { keys: ['g', letter], text: `Go to ${screen}` };
  }),
  { keys: ['/'], text: 'Filter' },
  { keys: ['n'], text: 'Choose a namespace' },
  { keys: ['w'], text: 'Choose a workload or Service' },
  { keys: ['l'], text: 'Pause, or go on live' },
  { keys: ['t'], text: 'Light or dark' },
  { keys: ['arrows'], text: 'Map, matrix and tables: walk' },
  { keys: ['Enter'], text: 'Map: open a namespace, show details. Table: include or exclude the row' },
  { keys: ['f'], text: 'Map: focus the workload' },
  { keys: ['Escape'], text: 'Close what is open' },
  { keys: ['?'], text: 'This list' },
];

/** Whether a key press is meant for a field that one types in. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
