import { type KeyboardEvent, useMemo, useRef } from 'react';
import { Card } from './Card.tsx';
import type { Point } from './layered.ts';
import { boxAround, cardHeight, cardWidth, extent } from './layout.ts';
import { Legend } from './Legend.tsx';
import { Line } from './Line.tsx';
import { drawnLinks, type LinkState, type MapModel, type MapNode } from './model.ts';
import { useZoom } from './use-zoom.ts';
import { type Arrow, nextInDirection } from './walk.ts';

interface MapCanvasProps {
  readonly model: MapModel;
  readonly at: ReadonlyMap<string, Point>;
  /** What is looked at: the picture is fitted when it changes. */
  readonly view: string;
  readonly selected: string;
  /** Id of the node that the map is around; empty for none. */
  readonly focused: string;
  readonly onSelect: (id: string) => void;
  readonly onOpen: (node: MapNode) => void;
  readonly onFocus: (node: MapNode) => void;
}

const states: readonly LinkState[] = [
  'forwarded',
  'dropped',
  'refused',
  'unanswered',
  'allowed',
  'would-be-denied',
  'unknown',
];

/** Above so many links ports are written only beside those that are pointed at or selected. */
const mostLabels = 12;

function Boxes({ model, at }: Pick<MapCanvasProps, 'model' | 'at'>) {
  return model.groups.map(({ id, label }) => {
    const cards = model.nodes.filter(({ group }) => group === id).map((node) => at.get(node.id));
    const known = cards.filter((card) => card !== undefined);
    if (known.length === 0) return null;
    const { x, y, width, height } = boxAround(known);
    return (
      <g key={id} className="box">
        <rect x={x} y={y} width={width} height={height} rx={8} />
        <text x={x + 14} y={y + 21}>
          {label}
        </text>
      </g>
    );
  });
}

function Lines({ model, at, selected, onSelect }: Pick<MapCanvasProps, 'model' | 'at' | 'selected' | 'onSelect'>) {
  const links = useMemo(() => drawnLinks(model, selected), [model, selected]);
  return links.map((link) => {
    const [from, to] = [at.get(link.source), at.get(link.target)];
    if (from === undefined || to === undefined) return null;
    const isSelected = link.id === selected;
    const touched = isSelected || link.source === selected || link.target === selected;
    return (
      <Line
        key={link.id}
        link={link}
        from={from}
        to={to}
        selected={isSelected}
        touched={touched}
        labelled={links.length <= mostLabels || touched}
        onSelect={onSelect}
      />
    );
  });
}

/** The map as a picture: panned, zoomed, and walked by keyboard. */
export function MapCanvas({ model, at, view, selected, focused, onSelect, onOpen, onFocus }: MapCanvasProps) {
  const svg = useRef<SVGSVGElement>(null);
  const scene = useRef<SVGGElement>(null);
  const whole = useMemo(() => extent(at.values()), [at]);
  const { fit, by, reveal } = useZoom(svg, scene, whole, view);
  const byId = useMemo(() => new Map(model.nodes.map((node) => [node.id, node])), [model]);
  const entry = byId.has(selected) ? selected : (model.nodes[0]?.id ?? '');

  const onKeyDown = (event: KeyboardEvent<SVGSVGElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const id = event.target instanceof Element ? (event.target.getAttribute('data-id') ?? '') : '';
    const node = byId.get(id);
    if (event.key.startsWith('Arrow')) {
      const next = nextInDirection(id, event.key as Arrow, at);
      const corner = next === null ? undefined : at.get(next);
      if (next === null || corner === undefined) return;
      event.preventDefault();
      scene.current?.querySelector<SVGElement>(`.face[data-id="${CSS.escape(next)}"]`)?.focus();
      reveal({ ...corner, width: cardWidth, height: cardHeight });
    } else if (node !== undefined && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      if (node.type === 'namespace' && event.key === 'Enter') onOpen(node);
      else onSelect(id);
    } else if (node !== undefined && event.key === 'f') onFocus(node);
    else if (event.key === '+' || event.key === '-') by(event.key === '+' ? 1 : -1);
    else if (event.key === '0') fit();
  };

  return (
    <div className="map">
      {/* The cards in it are the controls; keys bubble up from them. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <svg
        ref={svg}
        role="group"
        aria-label={`Map of ${model.nodes.length} nodes and ${model.links.length} links. Arrow keys walk.`}
        className={selected === '' ? '' : 'has-selection'}
        onKeyDown={onKeyDown}
        onClick={(event) => event.target === svg.current && onSelect('')}
      >
        <defs>
          {states.map((state) => (
            <marker
              key={state}
              id={`arrow-${state}`}
              className={`is-${state}`}
              viewBox="0 0 8 8"
              refX="6"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0 0L8 4L0 8Z" fill="currentColor" />
            </marker>
          ))}
        </defs>
        <g ref={scene}>
          <Boxes model={model} at={at} />
          <Lines model={model} at={at} selected={selected} onSelect={onSelect} />
          {model.nodes.map((node) => {
            const corner = at.get(node.id);
            return corner === undefined ? null : (
              <Card
                key={node.id}
                node={node}
                at={corner}
                selected={node.id === selected}
                focused={node.id === focused}
                reachable={node.id === entry}
                onSelect={onSelect}
                onOpen={onOpen}
              />
            );
          })}
        </g>
      </svg>
      <Legend links={model.links} />
      <div className="zoom">
        <button type="button" className="button" aria-label="Zoom in" onClick={() => by(1)}>
          +
        </button>
        <button type="button" className="button" aria-label="Zoom out" onClick={() => by(-1)}>
          −
        </button>
        <button type="button" className="button" aria-label="Fit everything" onClick={fit}>
          ⤢
        </button>
      </div>
    </div>
  );
}
