import { useDeferredValue, useMemo } from 'react';
import { maxEdges, useEdges } from '../api/use-edges.ts';
import { Failure, Nothing, Waiting } from '../app/Empty.tsx';
import { useQuestion, useSubject } from '../app/use-scope.ts';
import { show, useView } from '../app/use-view.ts';
import { countText, plural } from '../design/format.ts';
import type { Direction } from '../policy/choices.ts';
import { useCandidate } from '../policy/use-candidate.ts';
import { linesOf } from './arrange.ts';
import { EdgeTable } from './EdgeTable.tsx';
import { ofPeers } from './peer-sort.ts';
import { RowDetails } from './RowDetails.tsx';
import { findingsById, rowsOf } from './rows.ts';
import { TableTools } from './TableTools.tsx';
import { useReading } from './use-reading.ts';

/** The peers of a scope in one direction, row by row, and what the policy makes of each. */
export function TableScreen({ direction }: { readonly direction: Direction }) {
  const view = useView();
  const { cluster, scope, range, filter } = useQuestion();
  const subject = useSubject();
  const edges = useEdges({ cluster, scope, range, filter, order: 'EDGE_ORDER_BYTES' });
  const candidate = useCandidate(view.candidate && view.namespace !== '');
  const findings = useMemo(() => findingsById(candidate.data?.replay?.findings ?? []), [candidate.data]);
  const all = useMemo(
    () => (subject === null ? [] : ofPeers(rowsOf(edges.data?.edges ?? [], direction, subject), view.peers)),
    // The subject is made anew each time; its text says whether it is another.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [edges.data, direction, view.peers, subject?.namespace, [...(subject?.ids ?? [])].join(' ')],
  );
  const search = useDeferredValue(view.search);
  const of = JSON.stringify([direction, cluster, scope, view.entity, filter, view.span, view.peers]);
  const { rows, fresh, takeIn } = useReading(all, edges.data !== undefined, of, view.sort, search);
  const lines = useMemo(() => linesOf(rows, view.group), [rows, view.group]);
  const selected = rows.find(({ id }) => id === view.selected);

  if (edges.error !== null && edges.data === undefined) return <Failure error={edges.error} />;
  if (edges.data === undefined || subject === null) return <Waiting />;
  const { total, coverage } = edges.data;
  return (
    <>
      <div className="screen">
        <TableTools direction={direction} rows={rows} all={all} />
        {total > edges.data.edges.length && (
          <p className="notice warn">
            The first {countText(maxEdges)} of {plural(total, 'edge')} by bytes are here. Choose a namespace or a filter
            to see the others.
          </p>
        )}
        {fresh.length > 0 && (
          <div className="toolbar">
            <button type="button" className="button" onClick={takeIn}>
              Show {plural(fresh.length, 'new row')}
            </button>
          </div>
        )}
        {rows.length === 0 ? (
          <Nothing coverage={coverage} unfiltered={view.search === '' ? null : all.length} />
        ) : (
          <EdgeTable
            lines={lines}
            count={rows.length}
            findings={findings}
            selected={view.selected}
            onSelect={(id) => show({ selected: id }, 'replace')}
          />
        )}
      </div>
      {selected !== undefined && <RowDetails row={selected} finding={findings.get(selected.id) ?? null} />}
    </>
  );
}
