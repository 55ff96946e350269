import { useMemo } from 'react';
import type { NamespaceIsolation } from '../../../proto/wire.ts';
import { useCall } from '../api/use-call.ts';
import { Failure, Waiting } from '../app/Empty.tsx';
import { show, useView } from '../app/use-view.ts';
import { plural } from '../design/format.ts';
import { namespacesWorstFirst, stateOf, workloadsWorstFirst } from './worst-first.ts';

const mostShown = 300;
const kinds = ['open', 'partial', 'isolated', 'exempt'] as const;

function Share({ of }: { readonly of: NamespaceIsolation }) {
  const all = Math.max(
    1,
    kinds.reduce((sum, kind) => sum + of[kind], 0),
  );
  const before = (until: number) => kinds.slice(0, until).reduce((sum, kind) => sum + of[kind], 0);
  return (
    <svg
      className="share"
      viewBox="0 0 100 10"
      preserveAspectRatio="none"
      role="img"
      aria-label={kinds.map((kind) => `${of[kind]} ${kind}`).join(', ')}
    >
      {kinds.map((kind, index) => (
        <rect key={kind} className={kind} x={(100 * before(index)) / all} width={(100 * of[kind]) / all} height={10} />
      ))}
    </svg>
  );
}

/** Which namespaces and workloads are isolated by what is applied, the most open ones first. */
export function Isolation() {
  const { cluster, namespace } = useView();
  const scope = namespace === '' ? null : { namespace, workload: null };
  const { data, error } = useCall('policy', 'getIsolation', { cluster, scope });
  const namespaces = useMemo(() => namespacesWorstFirst(data?.namespaces ?? []), [data]);
  const workloads = useMemo(() => workloadsWorstFirst(data?.workloads ?? []), [data]);
  if (error !== null && data === undefined) return <Failure error={error} />;
  if (data === undefined) return <Waiting />;
  return (
    <>
      <section>
        <h2>Namespaces, most open first</h2>
        <table className="plain-table">
          <thead>
            <tr>
              <th>Namespace</th>
              <th>Share</th>
              {kinds.map((kind) => (
                <th key={kind} className="number">
                  {kind}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {namespaces.slice(0, mostShown).map((each) => (
              <tr key={each.name}>
                <td>
                  <button
                    type="button"
                    className="link-button"
                    onClick={() => show({ namespace: each.name, entity: null })}
                  >
                    {each.name}
                  </button>
                </td>
                <td>
                  <Share of={each} />
                </td>
                {kinds.map((kind) => (
                  <td key={kind} className="number">
                    {each[kind]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {namespaces.length > mostShown && (
          <p className="quiet">
            The first {mostShown} of {plural(namespaces.length, 'namespace')}.
          </p>
        )}
      </section>
      <section>
        <h2>Workloads, most open first</h2>
        <table className="plain-table">
          <thead>
            <tr>
              <th>Workload</th>
              <th>State</th>
              <th className="number">Policies</th>
            </tr>
          </thead>
          <tbody>
            {workloads.slice(0, mostShown).map((each) => {
              const { workload } = each;
              if (workload === null) return null;
              const state = stateOf(each);
              const why = state === 'exempt' ? each.exempt : `${each.ingress ? 'egress' : 'ingress'} is open`;
              return (
                <tr key={`${workload.namespace}/${workload.kind}/${workload.name}`}>
                  <td>
                    <button
                      type="button"
                      className="link-button"
                      onClick={() =>
                        show({
                          screen: 'policy',
                          namespace: workload.namespace,
                          entity: { kind: workload.kind, name: workload.name },
                        })
                      }
                    >
                      {workload.namespace}/{workload.name}
                    </button>{' '}
                    <span className="quiet">{workload.kind}</span>
                  </td>
                  <td>
                    {state}
                    {(state === 'exempt' || state === 'partial') && <span className="quiet"> {why}</span>}
                  </td>
                  <td className="number">{each.policies}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
        {workloads.length > mostShown && (
          <p className="quiet">
            The first {mostShown} of {plural(workloads.length, 'workload')}; choose a namespace to see the others.
          </p>
        )}
      </section>
    </>
  );
}
