import { useEffect } from 'react';
import { useCall } from '../api/use-call.ts';
import { plural } from '../design/format.ts';
import { useAccess } from './access.ts';
import { Empty, Failure, Waiting } from './Empty.tsx';
import { show, useView } from './use-view.ts';

/** For whoever may see some namespaces only: which are there to be looked at. */
export function ChooseNamespace() {
  const { cluster } = useView();
  const { user } = useAccess();
  const { data, error } = useCall('query', 'listNamespaces', { cluster });
  const namespaces = data?.namespaces ?? [];
  const only = namespaces.length === 1 ? namespaces[0]?.name : undefined;
  useEffect(() => {
    if (only !== undefined) show({ namespace: only }, 'replace');
  }, [only]);
  if (error !== null && data === undefined) return <Failure error={error} />;
  if (data === undefined || only !== undefined) return <Waiting />;
  if (namespaces.length === 0) {
    const text = `${user} may list flows.weir.dev in no namespace. Who runs the cluster can bind the viewer's role of Weir, in a namespace or for all.`;
    return <Empty cause={{ title: 'Nothing is open to you', text, remedy: 'retry' }} />;
  }
  return (
    <section className="empty">
      <h2>Choose a namespace</h2>
      <p className="quiet">You may see {plural(namespaces.length, 'namespace')} and not the cluster as a whole.</p>
      <ul className="choices">
        {namespaces.map(({ name, workloads }) => (
          <li key={name}>
            <button type="button" className="button" onClick={() => show({ namespace: name, entity: null })}>
              {name} <span className="quiet">{plural(workloads, 'workload')}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
