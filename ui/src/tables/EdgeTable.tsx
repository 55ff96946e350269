import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { ReplayFinding } from '../../../proto/wire.ts';
import { useLive } from '../app/Live.tsx';
import { show, useView } from '../app/use-view.ts';
import { plural } from '../design/format.ts';
import { type Column, type Line, parseSort } from './arrange.ts';
import { decide, EdgeRow } from './EdgeRow.tsx';

interface EdgeTableProps {
  readonly lines: readonly Line[];
  readonly count: number;
  readonly findings: ReadonlyMap<string, ReplayFinding>;
  readonly selected: string;
  readonly onSelect: (id: string) => void;
}

export const rowHeight = 30;
const overscan = 12;

const heads: readonly (readonly [column: Column | null, title: string, numeric?: true])[] = [
  [null, 'In the policy'],
  ['own', 'Workload'],
  ['peer', 'Peer'],
  ['peerNamespace', 'Namespace'],
  ['peerKind', 'Kind'],
  ['port', 'Port'],
  ['firstSeenUnixMs', 'First seen'],
  ['lastSeenUnixMs', 'Last seen'],
  ['connections', 'Conns', true],
  ['bytes', 'Bytes', true],
  ['verdict', 'Verdict'],
];

function Head() {
  const { sort } = useView();
  const { column: by, descending } = parseSort(sort);
  return (
    <div className="tr head" role="row" aria-rowindex={1}>
      {heads.map(([column, title, numeric]) => {
        if (column === null) {
          return (
            <div key={title} role="columnheader">
              <span className="hidden-visually">{title}</span>
            </div>
          );
        }
        const active = column === by;
        const order = descending ? 'descending' : 'ascending';
        return (
          <div key={column} role="columnheader" aria-sort={active ? order : 'none'} className={numeric ? 'number' : ''}>
            <button
              type="button"
              onClick={() => show({ sort: active && !descending ? `-${column}` : column }, 'replace')}
            >
              {title}
              {active && <span aria-hidden="true">{descending ? ' ↓' : ' ↑'}</span>}
            </button>
          </div>
        );
      })}
    </div>
  );
}

/** The rows that are in view, out of any number; walked with the arrow keys. */
export function EdgeTable({ lines, count, findings, selected, onSelect }: EdgeTableProps) {
  const { nowUnixMs } = useLive();
  const { choices } = useView();
  const scroller = useRef<HTMLDivElement>(null);
  const wanted = useRef<number | null>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan,
  });
  const shown = virtual.getVirtualItems();
  const selectedAt = lines.findIndex((line) => line.type === 'row' && line.row.id === selected);
  const entry = Math.max(
    selectedAt,
    lines.findIndex(({ type }) => type === 'row'),
    0,
  );

  useEffect(() => {
    if (wanted.current === null) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-line="${wanted.current}"]`);
    if (row) {
      row.focus({ preventScroll: true });
      wanted.current = null;
    }
  });

  const walk = (from: number, step: number) => {
    let to = Math.min(lines.length - 1, Math.max(0, from + step));
    while (lines[to]?.type === 'group' && lines[to + Math.sign(step)] !== undefined) to += Math.sign(step);
    const line = lines[to];
    if (line?.type !== 'row') return;
    wanted.current = to;
    virtual.scrollToIndex(to);
    onSelect(line.row.id);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const at = event.target instanceof HTMLElement ? Number(event.target.dataset['line'] ?? Number.NaN) : Number.NaN;
    const line = lines[at];
    if (line?.type !== 'row' || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 300) / rowHeight) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -lines.length,
      End: lines.length,
    };
    const step = steps[event.key];
    if (step !== undefined) walk(at, step);
    else if (event.key === 'Enter' || event.key === ' ') decide(line.row, choices);
    else return;
    event.preventDefault();
  };

  return (
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus
    <div
      className="table"
      ref={scroller}
      role="grid"
      aria-label="Edges"
      aria-rowcount={count + 1}
      onKeyDown={onKeyDown}
    >
      <div className="table-inner" role="rowgroup">
        <Head />
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="presentation">
          {shown.map(({ index, start }) => {
            const line = lines[index];
            if (line === undefined) return null;
            if (line.type === 'group') {
              return (
                <div
                  key={`group ${line.label}`}
                  className="tr group"
                  role="row"
                  aria-rowindex={index + 2}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <span role="gridcell">{line.label}</span>
                  <span role="gridcell" className="quiet">
                    {plural(line.rows.length, 'row')}
                  </span>
                </div>
              );
            }
            return (
              <EdgeRow
                key={line.row.id}
                row={line.row}
                line={index}
                start={start}
                choices={choices}
                finding={findings.get(line.row.id) ?? null}
                selected={line.row.id === selected}
                reachable={index === entry}
                nowUnixMs={nowUnixMs}
                onSelect={onSelect}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}
