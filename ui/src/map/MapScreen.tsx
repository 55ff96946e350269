import { useMemo } from 'react';
import { useCall } from '../api/use-call.ts';
import { Failure, Nothing, Waiting } from '../app/Empty.tsx';
import { useLive } from '../app/Live.tsx';
import { useQuestion } from '../app/use-scope.ts';
import { currentView, show, useView } from '../app/use-view.ts';
import { useCandidate } from '../policy/use-candidate.ts';
import { candidateLinks } from './candidate-links.ts';
import { Details } from './Details.tsx';
import { MapCanvas } from './MapCanvas.tsx';
import { MapTools } from './MapTools.tsx';
import { mapBudget, tooDense } from './matrix.ts';
import { MatrixView } from './MatrixView.tsx';
import { mapModel, type MapNode } from './model.ts';
import { useLayout } from './use-layout.ts';

function select(id: string): void {
  show({ selected: id }, 'replace');
}

function open({ type, label, id }: MapNode): void {
  if (type !== 'namespace') select(id);
  else show({ open: [...new Set([...currentView().open, label])], selected: '' });
}

function focus({ source: { workload } }: MapNode): void {
  if (workload !== null)
    show({ namespace: workload.namespace, entity: { kind: workload.kind, name: workload.name }, selected: '' });
}

/** Who talks to whom: namespaces, their workloads, or what is around one workload. */
export function MapScreen() {
  const view = useView();
  const { nowUnixMs } = useLive();
  const question = useQuestion();
  const { cluster, namespace, entity, hops, form, selected } = view;
  const request = { ...question, openNamespaces: view.open, hops, maxNodes: mapBudget.nodes };
  const graph = useCall('query', 'getGraph', request, { traffic: true });
  const candidate = useCandidate(view.candidate);
  const focused = entity === null ? '' : `workload:${namespace}/${entity.kind}/${entity.name}`;
  const model = useMemo(
    () => (graph.data === undefined ? null : mapModel(graph.data, candidateLinks(candidate.data, graph.data), focused)),
    [graph.data, candidate.data, focused],
  );
  const place = JSON.stringify([cluster, namespace, entity, view.open, hops, view.filter]);
  const dense = model === null ? null : tooDense(model);
  const asMatrix = form === 'matrix' || (form === 'auto' && dense !== null);
  const at = useLayout(asMatrix ? null : model, place);

  if (graph.error !== null && graph.data === undefined) return <Failure error={graph.error} />;
  if (model === null) return <Waiting />;
  if (model.nodes.length === 0) return <Nothing coverage={graph.data?.coverage ?? null} unfiltered={null} />;
  return (
    <>
      <div className="screen">
        <MapTools
          model={model}
          at={at}
          folded={graph.data?.folded ?? false}
          dense={dense}
          asMatrix={asMatrix}
          candidate={candidate}
        />
        {asMatrix && <MatrixView model={model} selected={selected} onSelect={select} />}
        {!asMatrix && at === null && <Waiting />}
        {!asMatrix && at !== null && (
          <MapCanvas
            model={model}
            at={at}
            view={place}
            selected={selected}
            focused={focused}
            onSelect={select}
            onOpen={open}
            onFocus={focus}
          />
        )}
      </div>
      <Details
        model={model}
        selected={selected}
        nowUnixMs={nowUnixMs}
        onSelect={select}
        onOpen={open}
        onFocus={focus}
      />
    </>
  );
}
