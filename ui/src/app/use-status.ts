import { type CallOptions, useCall } from '../api/use-call.ts';
import { useAccess, useMayAsk } from './access.ts';
import { useView } from './use-view.ts';

/** What is watched: of the cluster, or of the chosen namespace for whoever may not see the whole. */
export function useStatus({ traffic = false }: Pick<CallOptions, 'traffic'> = {}) {
  const { namespace } = useView();
  const { seesAll } = useAccess();
  return useCall('query', 'getStatus', { namespace: seesAll ? '' : namespace }, { traffic, enabled: useMayAsk() });
}
