import { useState } from 'react';
import { call } from '../api/client.ts';
import type { ApiKey, Methods, RequestOf } from '../api/methods.ts';
import { queryClient } from '../api/use-call.ts';

export interface Change {
  /** What came of the last change: empty before the first. */
  readonly message: string;
  readonly failed: boolean;
  readonly busy: boolean;
}

/** Changes something on the server; all that is shown is asked for anew after it. */
export function useChange(): readonly [
  Change,
  <Key extends ApiKey, Name extends keyof Methods[Key] & string>(
    key: Key,
    method: Name,
    request: Partial<RequestOf<Key, Name>>,
    done: string,
  ) => void,
] {
  const [change, setChange] = useState<Change>({ message: '', failed: false, busy: false });
  const run = <Key extends ApiKey, Name extends keyof Methods[Key] & string>(
    key: Key,
    method: Name,
    request: Partial<RequestOf<Key, Name>>,
    done: string,
  ) => {
    setChange((before) => ({ ...before, busy: true }));
    call(key, method, request).then(
      () => {
        setChange({ message: done, failed: false, busy: false });
        void queryClient.invalidateQueries();
      },
      (error: unknown) =>
        setChange({ message: error instanceof Error ? error.message : String(error), failed: true, busy: false }),
    );
  };
  return [change, run];
}
