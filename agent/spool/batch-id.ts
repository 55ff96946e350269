/** A batch's place in the order of its node's batches: epochs first, then sequences. */
export interface BatchId {
  readonly epoch: number;
  readonly sequence: number;
}

export function compareBatchIds(a: BatchId, b: BatchId): number {
  return a.epoch - b.epoch || a.sequence - b.sequence;
}
