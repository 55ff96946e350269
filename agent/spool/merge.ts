import { decodeAlone } from '../../proto/decode-batch.ts';
import { encodeAlone } from '../../proto/encode-batch.ts';
import type { ColumnBatch } from '../../proto/column-batch.ts';
import { mergeBatches } from '../../proto/merge-batches.ts';
import type { Label } from './record.ts';
import type { Content } from './segment.ts';

/** The batch of a label and the body that goes with it; ids in the body are those of when it was written. */
export function readContent({ label, body }: Content): ColumnBatch {
  const { id, firstSequence } = label;
  return { ...decodeAlone(body), epoch: id.epoch, firstSequence, sequence: id.sequence };
}

function areNeighbours(a: Label, b: Label): boolean {
  return a.id.epoch === b.id.epoch && a.id.sequence + 1 === b.firstSequence;
}

/** One batch for two; null when they are no neighbours or would not make a good batch. */
function merged(a: Content, b: Content, maxRows: number): Content | null {
  if (!areNeighbours(a.label, b.label)) return null;
  const batch = mergeBatches(readContent(a), readContent(b), maxRows);
  if (batch === null) return null;
  const label = { id: b.label.id, firstSequence: a.label.firstSequence, rows: batch.rows.edges.length };
  return { label, body: encodeAlone(batch) };
}

/**
 * Widens windows: makes one batch of each two neighbours that may be merged. @param contents in the order of their ids
 * @returns null when there are none
 */
export function mergeNeighbours(
  contents: readonly Content[],
  mayMerge: (label: Label) => boolean,
  maxRows: number,
): readonly Content[] | null {
  const result: Content[] = [];
  for (let i = 0; i < contents.length; i++) {
    const [content, next] = [contents[i] as Content, contents[i + 1]];
    const both = next !== undefined && mayMerge(content.label) ? merged(content, next, maxRows) : null;
    result.push(both ?? content);
    if (both !== null) i++;
  }
  return result.length < contents.length ? result : null;
}
