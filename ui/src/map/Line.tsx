import { memo } from 'react';
import { markText } from '../design/Verdict.tsx';
import type { Point } from './layered.ts';
import type { MapLink } from './model.ts';
import { route } from './route.ts';

interface LineProps {
  readonly link: MapLink;
  readonly from: Point;
  readonly to: Point;
  readonly selected: boolean;
  readonly touched: boolean;
  /** Whether ports are written beside the line, also while it is not pointed at. */
  readonly labelled: boolean;
  readonly onSelect: (id: string) => void;
}

/** A link of the map. It can be reached by keyboard through the list of links of either end. */
export const Line = memo(function Line({ link, from, to, selected, touched, labelled, onSelect }: LineProps) {
  const { id, state, label } = link;
  const { path, middle } = route(from, to);
  const classes = ['link', `is-${state}`, selected && 'selected', touched && 'touched', labelled && 'labelled'].filter(
    Boolean,
  );
  return (
    <g className={classes.join(' ')} data-id={id} onClick={() => onSelect(id)}>
      <path className="line" d={path} markerEnd={`url(#arrow-${state})`} />
      <path className="hit" d={path}>
        <title>{`${label} (${markText(state)})`}</title>
      </path>
      <text x={middle.x} y={middle.y - 5}>
        {label}
      </text>
    </g>
  );
});
