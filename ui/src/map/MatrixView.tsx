import { type KeyboardEvent, useMemo } from 'react';
import { markText } from '../design/Verdict.tsx';
import { Legend } from './Legend.tsx';
import { type MatrixCell, matrixOf } from './matrix.ts';
import type { MapModel, MapNode } from './model.ts';
import { shortened } from './svg-text.ts';
import { type Arrow, nextInDirection } from './walk.ts';

interface MatrixViewProps {
  readonly model: MapModel;
  readonly selected: string;
  readonly onSelect: (id: string) => void;
}

const size = 18;
const left = 230;
const top = 150;
const labelLength = 34;

function nameOf({ label, namespace, type }: MapNode): string {
  return shortened(namespace === '' || type === 'namespace' ? label : `${namespace}/${label}`, labelLength);
}

function Mark({ state }: Pick<MatrixCell, 'state'>) {
  if (state === 'forwarded' || state === 'allowed') return null;
  const path =
    { refused: 'M4 9H14', unanswered: 'M9 8V10', unknown: 'M5 13L13 5' }[state as 'refused'] ?? 'M5 5L13 13M13 5L5 13';
  return <path className="mark" d={path} />;
}

/** Who talks to whom as a table of cells, where a map would be a tangle: clients down, servers across. */
export function MatrixView({ model, selected, onSelect }: MatrixViewProps) {
  const { rows, columns, cells } = useMemo(() => matrixOf(model), [model]);
  const places = useMemo(
    () => new Map(cells.map(({ link, row, column }) => [link.id, { x: column, y: row }])),
    [cells],
  );
  const entry = places.has(selected) ? selected : (cells[0]?.link.id ?? '');
  const onKeyDown = (event: KeyboardEvent<SVGGElement>, id: string) => {
    if (event.key === 'Enter' || event.key === ' ') onSelect(id);
    else if (event.key.startsWith('Arrow')) {
      const next = nextInDirection(id, event.key as Arrow, places);
      if (next !== null) document.querySelector<SVGGElement>(`.cell[data-id="${CSS.escape(next)}"]`)?.focus();
    } else return;
    event.preventDefault();
  };
  const [width, height] = [left + columns.length * size, top + rows.length * size];
  return (
    <div className="matrix">
      <Legend links={model.links} />
      <svg
        width={width + 60}
        height={height + 20}
        role="group"
        aria-label={`Matrix of ${rows.length} clients and ${columns.length} servers. Arrow keys walk.`}
      >
        {rows.map((node, row) => (
          <g key={node.id}>
            <text x={left - 8} y={top + row * size + 13} textAnchor="end">
              {nameOf(node)}
            </text>
            <path className="grid" d={`M${left} ${top + row * size}H${width}`} />
          </g>
        ))}
        {columns.map((node, column) => (
          <g key={node.id}>
            <text transform={`translate(${left + column * size + 12} ${top - 8}) rotate(-50)`}>{nameOf(node)}</text>
            <path className="grid" d={`M${left + column * size} ${top}V${height}`} />
          </g>
        ))}
        {cells.map(({ row, column, link, state }) => (
          <g
            key={link.id}
            className={`cell is-${state}${link.id === selected ? ' selected' : ''}`}
            transform={`translate(${left + column * size} ${top + row * size})`}
            role="button"
            tabIndex={link.id === entry ? 0 : -1}
            data-id={link.id}
            aria-label={`${rows[row]?.label} to ${columns[column]?.label}, ${link.label}, ${markText(state)}`}
            onClick={() => onSelect(link.id)}
            onKeyDown={(event) => onKeyDown(event, link.id)}
          >
            <title>{`${rows[row]?.label} → ${columns[column]?.label}: ${link.label}`}</title>
            <rect x={1} y={1} width={size - 1} height={size - 1} rx={2} />
            <Mark state={state} />
          </g>
        ))}
      </svg>
    </div>
  );
}
