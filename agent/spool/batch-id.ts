/** A batch's place in the order of its node's batches: epochs first, then sequences. */
export interface BatchId {
  readonly epoch: number;
  readonly sequence: number;
}

export function compareBatchIds(a: BatchId, b: BatchId): number {
  return a.epoch - b.epoch || a.sequence - b.sequence;
}

/** The later of two; null when there is none. */
export function laterBatchId(a: BatchId | null, b: BatchId | null): BatchId | null {
  if (a === null || b === null) return a ?? b;
  return compareBatchIds(a, b) < 0 ? b : a;
}
