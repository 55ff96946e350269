import { type ReactNode, useEffect, useRef, useState } from 'react';

interface PopoverProps {
  /** What the button shows. */
  readonly label: ReactNode;
  /** What the button is called where what it shows does not say it. */
  readonly name?: string;
  readonly align?: 'left' | 'right';
  readonly className?: string;
  readonly children: (close: () => void) => ReactNode;
}

/** A button that opens a panel below it; Escape and a click elsewhere close it. */
export function Popover({ label, name, align = 'left', className = 'button', children }: PopoverProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const [button, setButton] = useState<HTMLButtonElement | null>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (event.target instanceof Node && root.current?.contains(event.target) !== true) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
    };
  }, [open]);
  const close = () => {
    setOpen(false);
    button?.focus();
  };
  return (
    // The key is for what is inside; the panel itself is no control.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      className="popover"
      ref={root}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        event.stopPropagation();
        close();
      }}
    >
      <button
        ref={setButton}
        type="button"
        className={className}
        aria-label={name}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {label}
      </button>
      {open && <div className={`popover-panel ${align}`}>{children(close)}</div>}
    </div>
  );
}
