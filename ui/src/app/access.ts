import { createContext, useContext } from 'react';
import type { GetAccessResponse } from '../../../proto/wire.ts';
import { useView } from './use-view.ts';

const nothing: GetAccessResponse = {
  user: '',
  seesAll: false,
  listsAliases: false,
  updatesAliases: false,
  getsSettings: false,
  updatesSettings: false,
};

export const AccessContext = createContext(nothing);

/** Who is signed in, and what they may do. */
export function useAccess(): GetAccessResponse {
  return useContext(AccessContext);
}

/** Whether what is chosen may be asked about: whoever may not see the whole cluster has to choose a namespace. */
export function useMayAsk(): boolean {
  const { seesAll } = useAccess();
  const { namespace } = useView();
  return seesAll || namespace !== '';
}
