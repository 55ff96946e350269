import { type PointerEvent, useState } from 'react';
import type { TimelineBucket } from '../../../proto/wire.ts';
import { countText, timeText } from '../design/format.ts';
import { type Bar, barsOf, momentAt } from './bars.ts';
import { show } from './use-view.ts';

const height = 44;
const width = 1_000;
const base = height - 4;
/** A click, and not a stretch of time. */
const leastBrush = 0.005;

function title({
  startUnixMs,
  connections,
  forwarded,
  dropped,
  refused,
  unanswered,
  windows,
  incompleteWindows,
}: TimelineBucket) {
  const seen = `${countText(forwarded)} edges forwarded, ${countText(dropped + refused + unanswered)} not, ${countText(connections)} connections`;
  const gap =
    windows === 0
      ? '; nothing was watched'
      : incompleteWindows > 0
        ? `; ${incompleteWindows} of ${windows} windows lost something`
        : '';
  return `${timeText(startUnixMs)}: ${seen}${gap}`;
}

function BarShape({ bar: { x, width: part, good, bad, gap, bucket } }: { readonly bar: Bar }) {
  const [left, wide] = [x * width, Math.max(0.5, part * width - 1)];
  const [goodHeight, badHeight] = [good * (base - 2), bad * (base - 2)];
  return (
    <g>
      <title>{title(bucket)}</title>
      <rect x={left} width={wide} y={0} height={height} fill="transparent" />
      <rect className="bar" x={left} width={wide} y={base - goodHeight} height={goodHeight} />
      <rect className="bar bad" x={left} width={wide} y={base - goodHeight - badHeight} height={badHeight} />
      {gap && <rect className="gap" x={left} width={wide} y={base + 1} height={3} />}
    </g>
  );
}

/** Traffic over time; a stretch of it that is brushed becomes the time that is looked at. */
export function Histogram({ buckets }: { readonly buckets: readonly TimelineBucket[] }) {
  const [brush, setBrush] = useState<readonly [from: number, to: number] | null>(null);
  const placeOf = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const finish = () => {
    setBrush(null);
    if (brush === null) return;
    const [from, to] = brush[0] < brush[1] ? brush : [brush[1], brush[0]];
    if (to - from < leastBrush) return;
    show({ span: { type: 'between', startUnixMs: momentAt(buckets, from), endUnixMs: momentAt(buckets, to) } });
  };
  return (
    <svg
      className="histogram"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label="Edges seen over time. Drag to look at a part of it; the time menu takes exact times."
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setBrush([placeOf(event), placeOf(event)]);
      }}
      onPointerMove={(event) => brush !== null && setBrush([brush[0], placeOf(event)])}
      onPointerUp={finish}
      onPointerCancel={() => setBrush(null)}
    >
      <path className="axis" d={`M0 ${base}.5H${width}`} />
      {barsOf(buckets).map((bar) => (
        <BarShape key={bar.bucket.startUnixMs} bar={bar} />
      ))}
      {brush !== null && (
        <rect
          className="brush"
          x={Math.min(...brush) * width}
          width={Math.abs(brush[1] - brush[0]) * width}
          y={0}
          height={height}
        />
      )}
    </svg>
  );
}
