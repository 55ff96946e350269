import { WeirError } from '../../core/errors.ts';
import { type ServiceRef, type WorkloadRef, workloadKey } from '../../core/identity.ts';
import { distinctEnds } from '../identity/holders.ts';
import type { Identity } from '../identity/identity.ts';

/** The workloads behind any port of a Service now. @throws WeirError SERVICE_UNKNOWN, QUERY_INVALID when there are none */
export function workloadsBehind({ namespace, name }: ServiceRef, identity: Identity): WorkloadRef[] {
  const service = identity.services().find(({ ref }) => ref.namespace === namespace && ref.name === name);
  if (service === undefined) {
    throw new WeirError(
      'SERVICE_UNKNOWN',
      `${namespace}/${name}; list the Services of the namespace to see which there are`,
    );
  }
  const ends = distinctEnds([...service.targets.values()].flat()).map(({ entity }) => entity);
  const workloads = ends.flatMap((end) =>
    end.type === 'workload' ? [{ namespace: end.namespace, kind: end.kind, name: end.name }] : [],
  );
  if (workloads.length === 0) {
    throw new WeirError('QUERY_INVALID', `no workload is behind Service ${namespace}/${name}; name a workload instead`);
  }
  return [...new Map(workloads.map((ref) => [workloadKey(ref), ref])).values()];
}
