import { entityId } from '../api/entity.ts';
import { useCall } from '../api/use-call.ts';
import type { Subject } from '../tables/rows.ts';
import { useLive } from './Live.tsx';
import { scopeOf } from './scope.ts';
import { rangeOf } from './span.ts';
import { useView } from './use-view.ts';

/** What every question about traffic has in common. */
export function useQuestion() {
  const view = useView();
  const { nowUnixMs } = useLive();
  return { cluster: view.cluster, scope: scopeOf(view), range: rangeOf(view.span, nowUnixMs), filter: view.filter };
}

/** Whose tables and policies are shown; null while it is not yet known what is behind a Service. */
export function useSubject(): Subject | null {
  const { cluster, namespace, entity } = useView();
  const isService = entity?.kind === 'Service';
  const services = useCall('query', 'listServices', { cluster, namespace }, { enabled: isService });
  if (entity === null) return { namespace, ids: null };
  if (!isService)
    return { namespace, ids: new Set([entityId({ entity: 'workload', workload: { namespace, ...entity } })]) };
  if (services.data === undefined) return null;
  const { ports = [] } = services.data.services.find(({ service }) => service?.name === entity.name) ?? {};
  return { namespace, ids: new Set(ports.flatMap(({ behind }) => behind.map((each) => entityId(each.entity)))) };
}
