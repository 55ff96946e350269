import { type Commit, type CommitResult, type Cursor, missingStage } from './store.ts';

/** What is found of a commit; one that may be committed is given its id when it is. */
export type Judgement =
  | Omit<Extract<CommitResult, { type: 'committed' }>, 'id'>
  | Exclude<CommitResult, { type: 'committed' }>;

/**
 * Whether a segment may follow a node's cursor: the rule by which a batch counts once or not at all, whatever is sent
 * again, lost or reordered. A newer epoch begins at 1, or at the oldest batch that its agent still holds.
 */
export function judge(commit: Commit, cursor: Cursor | null): Judgement {
  const { segment, firstSequence, oldestSequence } = commit;
  const { epoch, sequence } = segment;
  if (cursor !== null && (epoch < cursor.epoch || (epoch === cursor.epoch && sequence <= cursor.sequence))) {
    return { type: 'duplicate', cursor };
  }
  const expected = cursor !== null && epoch === cursor.epoch ? cursor.sequence + 1 : 1;
  if (cursor !== null && firstSequence < expected) return { type: 'overlap', cursor };
  if (firstSequence !== expected && firstSequence !== oldestSequence) return { type: 'gap', cursor };
  const missing = firstSequence - expected + missingOfEarlier(commit, cursor);
  const losses = missing === 0 ? segment.losses : { ...segment.losses, [missingStage]: missing };
  return { type: 'committed', segment: { ...segment, losses }, missing };
}

/**
 * How many batches of epochs before the segment's are missing at least: their agent sent them and holds them no more. So
 * it is when the database was restored from a copy that is older than their acknowledgements.
 */
function missingOfEarlier({ segment: { epoch }, forgotten }: Commit, cursor: Cursor | null): number {
  if (forgotten === null || forgotten.epoch >= epoch) return 0;
  if (cursor === null || cursor.epoch < forgotten.epoch) return forgotten.sequence;
  return cursor.epoch === forgotten.epoch ? Math.max(forgotten.sequence - cursor.sequence, 0) : 0;
}
