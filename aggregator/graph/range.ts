import type { Scope } from '../../core/scope.ts';
import { edgeInScope } from '../../core/scope.ts';
import type { Window } from '../../core/time.ts';
import type { StoreView } from '../store/store.ts';
import { type Contribution, contributionOf } from './contribution.ts';
import { Fold } from './fold.ts';
import type { Lane } from './lane.ts';
import { pick, pickRows } from './rows.ts';

/** What is stored of a span of time, from wherever it is: windows and buckets that overlap it are taken whole. */
export async function* contributionsIn(view: StoreView, window: Window): AsyncGenerator<Contribution> {
  const span = { type: 'overlapping', window } as const;
  yield* view.pieces(span);
  for await (const { segment } of view.segments(span, 0)) yield contributionOf(segment);
}

/** Adds up what is stored of a span of time. @param maxEdges further ones are counted as losses */
export async function foldRange(view: StoreView, window: Window, scope: Scope, maxEdges: number): Promise<Fold> {
  const fold = Fold.of(maxEdges);
  const inScope = laneFilter(scope);
  for await (const contribution of contributionsIn(view, window)) fold.add(onlyLanes(contribution, inScope));
  return fold;
}

/** Whether a lane is in scope; null when every lane is. */
export function laneFilter(scope: Scope): ((lane: Lane) => boolean) | null {
  if (scope.namespace === null && scope.workload === null) return null;
  return ({ edge }) => edgeInScope(scope, edge);
}

/** The same with only the rows of some lanes. @param matches null for all */
export function onlyLanes(contribution: Contribution, matches: ((lane: Lane) => boolean) | null): Contribution {
  if (matches === null) return contribution;
  const { lanes } = contribution.rows;
  const kept = [...lanes.at.keys()].filter((row) => matches(lanes.get(row)));
  const rows = pickRows(contribution.rows, kept);
  const sightings = contribution.sightings === null ? null : pick(contribution.sightings, kept);
  return { ...contribution, rows, sightings };
}
