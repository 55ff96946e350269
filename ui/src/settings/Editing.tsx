import type { ReactNode } from 'react';

interface EditingProps {
  readonly may: boolean;
  /** Resource of the group weir.dev that has to be updated for it. */
  readonly resource: string;
  readonly children: ReactNode;
}

/** Controls that change something; for whoever may not they can be read, and say what is missing. */
export function Editing({ may, resource, children }: EditingProps) {
  return (
    <>
      {!may && (
        <p className="notice">
          You may look at this and not change it: that takes the right to update {resource}.weir.dev in the cluster.
        </p>
      )}
      <fieldset className="bare stack" disabled={!may}>
        {children}
      </fieldset>
    </>
  );
}
