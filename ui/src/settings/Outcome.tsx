import type { Change } from './use-change.ts';

/** What came of a change. */
export function Outcome({ change: { message, failed } }: { readonly change: Change }) {
  if (message === '') return null;
  return (
    <p className={failed ? 'notice bad' : 'notice'} role={failed ? 'alert' : 'status'}>
      {message}
    </p>
  );
}
