import type { Edge } from '../../core/edge.ts';
import { bytesOf } from '../../core/edge-order.ts';
import { WeirError } from '../../core/errors.ts';
import { edgeInScope } from '../../core/scope.ts';
import type { Milliseconds, Window } from '../../core/time.ts';
import type { Verdict } from '../../core/verdict.ts';
import { encodeCoverage } from '../../proto/convert-coverage.ts';
import type * as wire from '../../proto/wire.ts';
import { Fold } from '../graph/fold.ts';
import { RowsBuilder } from '../graph/rows.ts';
import type { Store } from '../store/store.ts';
import { type Graphs, readAsked } from './asked.ts';

export interface TimelineParts extends Graphs {
  readonly cluster: string;
  readonly store: Store;
  readonly maxEdges: number;
}

/** For what counts windows and not what was seen in them. */
const noRows = new RowsBuilder().finish();

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

function widthFor(spanMs: Milliseconds, buckets: number): Milliseconds {
  return widths.find((width) => spanMs / width <= buckets) ?? Math.ceil(spanMs / buckets / day) * day;
}

/** How much traffic there was over time. @throws WeirError */
export async function getTimeline(
  parts: TimelineParts,
  request: wire.GetTimelineRequest,
): Promise<wire.GetTimelineResponse> {
  if (request.buckets > mostBuckets) throw new WeirError('QUERY_INVALID', `${mostBuckets} buckets are the most`);
  const { scope, range, passes } = readAsked(request, parts.state);
  const all = parts.history.all();
  parts.state.check(scope, all.edges);
  const { span } = all.coverage;
  const covered = span === null ? null : within({ startUnixMs: span.firstUnixMs, endUnixMs: span.lastUnixMs }, range);
  if (covered === null) return { buckets: [], coverage: encodeCoverage({ ...all.coverage, windows: 0, span: null }) };
  const matches = (edge: Edge) => edgeInScope(scope, edge) && passes(edge);
  const whole = new Fold(1);
  const buckets: wire.TimelineBucket[] = [];
  for (const bucket of bucketsOf(covered, request.buckets || defaultBuckets)) {
    buckets.push(await bucketOf(parts, bucket, matches, whole));
  }
  return { buckets, coverage: encodeCoverage(whole.coverage(parts.state.nodes)) };
}

/** The part of a span that lies in a range; null when there is none. */
function within(span: Window, range: Window | null): Window | null {
  const startUnixMs = Math.max(span.startUnixMs, range?.startUnixMs ?? 0);
  const endUnixMs = Math.min(span.endUnixMs, range?.endUnixMs ?? Infinity);
  return startUnixMs < endUnixMs ? { startUnixMs, endUnixMs } : null;
}

function* bucketsOf({ startUnixMs, endUnixMs }: Window, count: number): Generator<Window> {
  const width = widthFor(endUnixMs - startUnixMs, count);
  for (let at = Math.floor(startUnixMs / width) * width; at < endUnixMs; at += width) {
    yield { startUnixMs: at, endUnixMs: at + width };
  }
}

/** Windows are taken whole, and count where they begin. */
async function bucketOf(
  { store, cluster, maxEdges }: TimelineParts,
  bucket: Window,
  matches: (edge: Edge) => boolean,
  whole: Fold,
): Promise<wire.TimelineBucket> {
  const fold = new Fold(maxEdges);
  for await (const segment of store.segments(cluster, bucket)) {
    const { startUnixMs } = segment.window;
    if (startUnixMs < bucket.startUnixMs || startUnixMs >= bucket.endUnixMs) continue;
    fold.add(segment);
    whole.add({ ...segment, rows: noRows });
  }
  const verdicts: Record<Verdict, number> = { forwarded: 0, dropped: 0, refused: 0, unanswered: 0 };
  let [connections, bytes] = [0, 0];
  for (const edge of fold.edges().filter(matches)) {
    verdicts[edge.verdict]++;
    connections += edge.merged.counters.established;
    bytes += bytesOf(edge);
  }
  const { windows, incompleteWindows } = fold.coverage([]);
  return { ...bucket, connections, bytes, ...verdicts, windows, incompleteWindows };
}
