import { WeirError } from '../../core/errors.ts';
import type { Milliseconds } from '../../core/time.ts';
import type { Sight } from '../../core/sight.ts';
import { encodeCoverage } from '../../proto/convert-coverage.ts';
import type * as wire from '../../proto/wire.ts';
import { seenEdges } from '../access/seen-edges.ts';
import type { Moment } from '../graph/moments.ts';
import { type Graphs, readAsked } from './asked.ts';

const defaultBuckets = 60;
const mostBuckets = 1_000;

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];

/** How wide buckets may be: what people read off an axis. */
const widths: readonly Milliseconds[] = [
  ...[1, 5, 15, 30].map((count) => count * second),
  ...[1, 5, 15, 30].map((count) => count * minute),
  ...[1, 3, 6, 12].map((count) => count * hour),
  ...[1, 7, 30].map((count) => count * day),
];

function widthOf(spanMs: Milliseconds, buckets: number): Milliseconds {
  return widths.find((width) => spanMs / width <= buckets) ?? Math.ceil(spanMs / buckets / day) * day;
}

const nothingRecorded: wire.Coverage = {
  windows: 0,
  incompleteWindows: 0,
  losses: [],
  firstUnixMs: 0,
  lastUnixMs: 0,
  nodesWithoutAgent: [],
};

/** How much traffic there was over time. @throws WeirError */
export async function getTimeline(
  { history, state }: Graphs,
  request: wire.GetTimelineRequest,
  sight: Sight,
): Promise<wire.GetTimelineResponse> {
  const { buckets } = request;
  if (buckets > mostBuckets) throw new WeirError('QUERY_INVALID', `${mostBuckets} buckets are the most`);
  const { scope, range, passes } = readAsked(request, state);
  state.checkRecorded(scope, history, sight);
  const widthFor = (spanMs: Milliseconds) => widthOf(spanMs, buckets || defaultBuckets);
  const timeline = await history.timeline(range, widthFor, scope, (edges) => seenEdges(edges, sight).filter(passes));
  if (timeline === null) return { buckets: [], coverage: { ...nothingRecorded, nodesWithoutAgent: state.nodes } };
  return { buckets: timeline.moments.map(encodeMoment), coverage: encodeCoverage(timeline.coverage) };
}

function encodeMoment({ window, edgesByVerdict, ...rest }: Moment): wire.TimelineBucket {
  return { ...window, ...rest, ...edgesByVerdict };
}
