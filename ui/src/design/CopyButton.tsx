import { useState } from 'react';

interface CopyButtonProps {
  readonly text: string;
  readonly label: string;
  readonly title?: string;
}

/** The clipboard is there only over HTTPS or on this machine. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Puts a text into the clipboard, or shows it to be copied by hand where that is not permitted. */
export function CopyButton({ text, label, title }: CopyButtonProps) {
  const [state, setState] = useState<'idle' | 'copied' | 'by-hand'>('idle');
  const onClick = async () => {
    const done = await copy(text);
    setState(done ? 'copied' : 'by-hand');
    if (done) setTimeout(() => setState('idle'), 2_000);
  };
  if (state === 'by-hand') {
    return (
      <input
        className="field mono"
        readOnly
        aria-label={`${label}: copy this by hand`}
        value={text}
        onFocus={(event) => event.target.select()}
      />
    );
  }
  return (
    <button type="button" className="button" title={title ?? text} onClick={() => void onClick()}>
      <span aria-live="polite">{state === 'copied' ? 'Copied' : label}</span>
    </button>
  );
}
