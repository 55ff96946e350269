import type { Verdict } from '../../core/verdict.ts';
import type { Milliseconds, Window } from '../../core/time.ts';
import type { StoreView } from '../store/store.ts';
import { contributionOf } from './contribution.ts';
import { Fold } from './fold.ts';
import { everywhere } from './graph.ts';
import type { Lane } from './lane.ts';
import { onlyLanes } from './range.ts';
import { bucketStart, type Tier } from './tiers.ts';

/** What was seen in one part of a span of time. */
export interface Moment {
  readonly window: Window;
  /** Established, of all edges, each as its end saw more of it. */
  readonly connections: number;
  /** In both directions. */
  readonly bytes: number;
  readonly edgesByVerdict: Readonly<Partial<Record<Verdict, number>>>;
}

/** How wide the parts of a span are at least that begins so long ago: as wide as the buckets that its beginning is kept in. */
export function partWidth(tiers: readonly Tier[], ageMs: Milliseconds, wantedMs: Milliseconds): Milliseconds {
  const tier = tiers.find(({ keepMs }) => keepMs >= ageMs) ?? tiers.at(-1);
  const widthMs = tier?.widthMs ?? wantedMs;
  return Math.max(1, Math.ceil(wantedMs / widthMs)) * widthMs;
}

/** What was seen in each part of a span, in order, parts without any left out. Each window counts where it begins. */
export async function momentsOf(
  view: StoreView,
  { startUnixMs, endUnixMs }: Window,
  widthMs: Milliseconds,
  matches: ((lane: Lane) => boolean) | null,
  maxEdges: number,
): Promise<Moment[]> {
  const moments: Moment[] = [];
  for (let at = bucketStart(startUnixMs, widthMs); at < endUnixMs; at += widthMs) {
    const moment = await momentAt(view, { startUnixMs: at, endUnixMs: at + widthMs }, matches, maxEdges);
    if (moment !== null) moments.push(moment);
  }
  return moments;
}

async function momentAt(
  view: StoreView,
  window: Window,
  matches: ((lane: Lane) => boolean) | null,
  maxEdges: number,
): Promise<Moment | null> {
  const fold = Fold.of(maxEdges);
  const span = { type: 'beginning', window } as const;
  for await (const piece of view.pieces(span)) fold.add(onlyLanes(piece, matches));
  for await (const { segment } of view.segments(span, 0)) fold.add(onlyLanes(contributionOf(segment), matches));
  if (fold.window === null) return null;
  let [connections, bytes] = [0, 0];
  const edgesByVerdict: Partial<Record<Verdict, number>> = {};
  for (const { merged, verdict } of fold.edges(everywhere)) {
    connections += merged.counters.established;
    bytes += merged.counters.bytesToServer + merged.counters.bytesToClient;
    edgesByVerdict[verdict] = (edgesByVerdict[verdict] ?? 0) + 1;
  }
  return { window, connections, bytes, edgesByVerdict };
}
