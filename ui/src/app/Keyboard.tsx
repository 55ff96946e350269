import { useEffect, useRef } from 'react';
import { useLive } from './Live.tsx';
import { isTyping, screenOfLetter, shortcuts } from './shortcuts.ts';
import { toggleTheme } from './theme.ts';
import { currentView, show } from './use-view.ts';

const chordMs = 1_500;

function focus(id: string): void {
  document.querySelector<HTMLElement>(`#${id}`)?.focus();
}

/** Listens for the keys that work everywhere, and shows what they are. */
export function Keyboard({ open, onOpen }: { readonly open: boolean; readonly onOpen: (open: boolean) => void }) {
  const { toggle } = useLive();
  const dialog = useRef<HTMLDialogElement>(null);
  const chordUntil = useRef(0);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  useEffect(() => {
    const actions: Readonly<Record<string, () => void>> = {
      '/': () => focus('filter-input'),
      '?': () => onOpen(true),
      n: () => focus('scope-namespace-input'),
      w: () => focus('scope-entity-input'),
      l: toggle,
      t: toggleTheme,
      g: () => {
        chordUntil.current = performance.now() + chordMs;
      },
      Escape: () => {
        if (currentView().selected !== '') show({ selected: '' }, 'replace');
      },
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || event.defaultPrevented) return;
      if (document.querySelector('dialog[open]') !== null) return;
      const screen = performance.now() < chordUntil.current ? screenOfLetter(event.key) : null;
      chordUntil.current = 0;
      const action = screen === null ? actions[event.key] : () => show({ screen, selected: '' });
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [toggle, onOpen]);
  return (
    <dialog ref={dialog} aria-labelledby="keys-title" onClose={() => onOpen(false)}>
      <div className="inline">
        <h2 id="keys-title" className="grow">
          Keyboard
        </h2>
        <button type="button" className="button" onClick={() => onOpen(false)}>
          Close
        </button>
      </div>
      <dl className="keys">
        {shortcuts.map(({ keys, text }) => (
          <div key={text} style={{ display: 'contents' }}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
