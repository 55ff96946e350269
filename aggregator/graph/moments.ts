import type { Coverage } from '../../core/coverage.ts';
import type { Edge } from '../../core/edge.ts';
import { bytesOf } from '../../core/edge-order.ts';
import type { Scope } from '../../core/scope.ts';
import type { Milliseconds, Window } from '../../core/time.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { StoreView } from '../store/store.ts';
import { type Contribution, contributionOf } from './contribution.ts';
import { Fold } from './fold.ts';
import { laneFilter, onlyLanes } from './range.ts';
import { noRows } from './rows.ts';
import { bucketStart, type Tier } from './tiers.ts';

/** What was seen in one part of a span of time. */
export interface Moment {
  readonly window: Window;
  /** Established, of all edges, each as its end saw more of it. */
  readonly connections: number;
  /** In both directions. */
  readonly bytes: number;
  readonly edgesByVerdict: Readonly<Record<Verdict, number>>;
  /** That were watched, and those of them in which something was lost. */
  readonly windows: number;
  readonly incompleteWindows: number;
}

/** Parts of a span of time with what they rest on. */
export interface Timeline {
  /** In order, one after the other without gaps. */
  readonly moments: readonly Moment[];
  readonly coverage: Coverage;
}

/** What is asked of each part. */
export interface MomentQuestion {
  readonly scope: Scope;
  /** Which edges count. */
  readonly choose: (edges: readonly Edge[]) => readonly Edge[];
  /** Further edges of a part are counted as losses. */
  readonly maxEdges: number;
}

/** How wide the parts of a span are at least that begins so long ago: as wide as the buckets that its beginning is kept in. */
export function partWidth(tiers: readonly Tier[], ageMs: Milliseconds, wantedMs: Milliseconds): Milliseconds {
  const tier = tiers.find(({ keepMs }) => keepMs >= ageMs) ?? tiers.at(-1);
  const widthMs = tier?.widthMs ?? wantedMs;
  return Math.max(1, Math.ceil(wantedMs / widthMs)) * widthMs;
}

/** What was seen in each part of a span. Each window counts where it begins. @param nodes of the cluster */
export async function momentsOf(
  view: StoreView,
  { startUnixMs, endUnixMs }: Window,
  widthMs: Milliseconds,
  question: MomentQuestion,
  nodes: readonly string[],
): Promise<Timeline> {
  const moments: Moment[] = [];
  const whole = Fold.of(1);
  for (let at = bucketStart(startUnixMs, widthMs); at < endUnixMs; at += widthMs) {
    moments.push(await momentAt(view, { startUnixMs: at, endUnixMs: at + widthMs }, question, whole));
  }
  return { moments, coverage: whole.coverage(nodes) };
}

async function momentAt(
  view: StoreView,
  window: Window,
  { scope, choose, maxEdges }: MomentQuestion,
  whole: Fold,
): Promise<Moment> {
  const fold = Fold.of(maxEdges);
  const inScope = laneFilter(scope);
  const add = (contribution: Contribution) => {
    fold.add(onlyLanes(contribution, inScope));
    whole.add({ ...contribution, rows: noRows, sightings: null });
  };
  const span = { type: 'beginning', window } as const;
  for await (const piece of view.pieces(span)) add(piece);
  for await (const { segment } of view.segments(span, 0)) add(contributionOf(segment));
  const edgesByVerdict: Record<Verdict, number> = { forwarded: 0, dropped: 0, refused: 0, unanswered: 0 };
  let [connections, bytes] = [0, 0];
  for (const edge of choose(fold.edges(scope))) {
    connections += edge.merged.counters.established;
    bytes += bytesOf(edge);
    edgesByVerdict[edge.verdict]++;
  }
  const { windows, incompleteWindows } = fold.watched.all;
  return { window, connections, bytes, edgesByVerdict, windows, incompleteWindows };
}
