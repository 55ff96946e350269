import { useCall } from '../api/use-call.ts';
import { plural } from '../design/format.ts';
import { useAccess } from './access.ts';
import { Combo, type ComboItem } from './Combo.tsx';
import { useStatus } from './use-status.ts';
import { show, useView } from './use-view.ts';

function useNamespaces(cluster: string): ComboItem[] {
  const { data } = useCall('query', 'listNamespaces', { cluster });
  return (data?.namespaces ?? []).map(({ name, workloads }) => ({
    value: name,
    label: name,
    hint: plural(workloads, 'workload'),
  }));
}

function useEntities(cluster: string, namespace: string): ComboItem[] {
  const enabled = namespace !== '';
  const workloads = useCall('query', 'listWorkloads', { cluster, namespace }, { enabled });
  const services = useCall('query', 'listServices', { cluster, namespace }, { enabled });
  const ofWorkloads = (workloads.data?.workloads ?? []).flatMap(({ workload, pods }): ComboItem[] =>
    workload === null
      ? []
      : [
          {
            value: `${workload.kind}/${workload.name}`,
            label: workload.name,
            hint: `${workload.kind}, ${plural(pods, 'pod')}`,
          },
        ],
  );
  const ofServices = (services.data?.services ?? []).flatMap(({ service }): ComboItem[] =>
    service === null ? [] : [{ value: `Service/${service.name}`, label: service.name, hint: 'Service' }],
  );
  return enabled ? [...ofWorkloads, ...ofServices] : [];
}

/** Cluster, namespace, and workload or Service: each narrows the next. */
export function ScopeBar() {
  const { cluster, namespace, entity } = useView();
  const { seesAll } = useAccess();
  const status = useStatus();
  const clusters = status.data?.clusters.map(({ name }) => name) ?? [];
  const namespaces = useNamespaces(cluster);
  const entities = useEntities(cluster, namespace);
  return (
    <nav className="scope" aria-label="Scope">
      {clusters.length > 1 ? (
        <Combo
          id="scope-cluster"
          label="Cluster"
          items={clusters.map((name) => ({ value: name, label: name, hint: '' }))}
          value={cluster}
          placeholder={clusters[0] ?? 'Cluster'}
          onChoose={(value) => show({ cluster: value, namespace: '', entity: null, open: [], selected: '' })}
        />
      ) : (
        <span className="tag clip" title="Cluster">
          {clusters[0] ?? 'cluster'}
        </span>
      )}
      <span className="crumb" aria-hidden="true">
        /
      </span>
      <Combo
        id="scope-namespace"
        label="Namespace"
        items={namespaces}
        value={namespace}
        placeholder={seesAll ? 'All namespaces' : 'Choose a namespace'}
        onChoose={(value) => show({ namespace: value, entity: null, selected: '' })}
      />
      <span className="crumb" aria-hidden="true">
        /
      </span>
      <Combo
        id="scope-entity"
        label="Workload or Service"
        wide
        items={entities}
        value={entity === null ? '' : `${entity.kind}/${entity.name}`}
        placeholder="All workloads"
        disabled={namespace === ''}
        onChoose={(value) => {
          const [kind = '', name = ''] = value.split('/');
          show({ entity: value === '' ? null : { kind, name }, selected: '' });
        }}
      />
    </nav>
  );
}
