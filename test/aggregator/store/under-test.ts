import type { Segment } from '../../../aggregator/graph/segment.ts';
import type { Commit, Store } from '../../../aggregator/store/store.ts';
import type { Window } from '../../../core/time.ts';

/** A store under test: `open` gives the same store again, after a crash or a restart. */
export interface StoreUnderTest {
  open(): Promise<Store>;
}

export const allTime = { startUnixMs: 0, endUnixMs: Number.MAX_SAFE_INTEGER };

export const commitOf = (
  segment: Segment,
  oldestSequence = 1,
  firstSequence = segment.sequence,
  forgotten: Commit['forgotten'] = null,
): Commit => ({
  segment,
  firstSequence,
  oldestSequence,
  forgotten,
});

/** The segments of a store whose windows overlap the given one, in the order of their commits. */
export function segmentsIn(store: Store, cluster: string, window: Window): Promise<Segment[]> {
  return store.view(cluster, async (view) => {
    const all = [];
    for await (const { segment } of view.segments({ type: 'overlapping', window }, 0)) all.push(segment);
    return all;
  });
}
