import { messageOf, WeirError } from '../../core/errors.ts';
import type { ColumnBatch } from '../../proto/column-batch.ts';
import { commonVersion, wireVersions } from '../../proto/limits.ts';
import type * as wire from '../../proto/wire.ts';
import type { CommitResult } from '../store/store.ts';

/** The first batch of an epoch that is still to come. */
export function oldestIn({ oldest, forgotten }: wire.Hello, epoch: number): number {
  if (oldest?.epoch === epoch) return oldest.sequence;
  return forgotten?.epoch === epoch ? forgotten.sequence + 1 : 1;
}

/** @throws WeirError INGEST_VERSION */
export function versionFor({ versions, agentVersion }: wire.Hello): number {
  const version = commonVersion(versions);
  if (version !== null) return version;
  const offered = versions.length === 0 ? 'none' : versions.join(', ');
  const what = `agent ${agentVersion} writes ${offered}, this aggregator reads ${wireVersions.join(', ')}; upgrade the older`;
  throw new WeirError('INGEST_VERSION', what);
}

/** Why a batch is not acknowledged; null when it is committed, now or before. */
export function refusalOf(
  node: string,
  { epoch, firstSequence, sequence }: ColumnBatch,
  result: CommitResult,
): WeirError | null {
  switch (result.type) {
    case 'committed':
      return null;
    case 'duplicate': {
      if (result.cursor.epoch === epoch) return null;
      const what = `node ${node} sent ${epoch}/${sequence} behind ${result.cursor.epoch}/${result.cursor.sequence}; does another agent report for the same node?`;
      return new WeirError('INGEST_EPOCH_PASSED', what);
    }
    case 'overlap': {
      const what = `node ${node} sent ${firstSequence} to ${sequence} as one, of which ${result.cursor.sequence} was committed before`;
      return new WeirError('INGEST_INVALID', what);
    }
    case 'gap': {
      const expected = result.cursor === null ? 1 : result.cursor.sequence + 1;
      const what = `node ${node} sent ${firstSequence} where ${expected} was due; send from there`;
      return new WeirError('INGEST_SEQ_GAP', what, { detail: { sequence: firstSequence, expected } });
    }
  }
}

/** What the agent is told of an error: of any but Weir's own, that the store failed. */
export function asWeirError(error: unknown): WeirError {
  return error instanceof WeirError ? error : new WeirError('STORE', messageOf(error), { cause: error });
}
