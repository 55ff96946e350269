import { type Commit, type CommitResult, type Cursor, missingStage } from './store.ts';

/** What is found of a commit; one that may be committed is given its id when it is. */
export type Judgement =
  | Omit<Extract<CommitResult, { type: 'committed' }>, 'id'>
  | Exclude<CommitResult, { type: 'committed' }>;

/**
 * Whether a segment may follow a node's cursor: the rule by which a batch counts once or not at all, whatever is sent
 * again, lost or reordered. A newer epoch begins at 1, or at the oldest batch that its agent still holds.
 */
export function judge({ segment, firstSequence, oldestSequence }: Commit, cursor: Cursor | null): Judgement {
  const { epoch, sequence } = segment;
  if (cursor !== null && (epoch < cursor.epoch || (epoch === cursor.epoch && sequence <= cursor.sequence))) {
    return { type: 'duplicate', cursor };
  }
  const expected = cursor !== null && epoch === cursor.epoch ? cursor.sequence + 1 : 1;
  if (cursor !== null && firstSequence < expected) return { type: 'overlap', cursor };
  if (firstSequence !== expected && firstSequence !== oldestSequence) return { type: 'gap', cursor };
  const missing = firstSequence - expected;
  const losses = missing === 0 ? segment.losses : { ...segment.losses, [missingStage]: missing };
  return { type: 'committed', segment: { ...segment, losses }, missing };
}
