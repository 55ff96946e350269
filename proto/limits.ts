import type { Limits } from './wire.ts';

/** Versions of the batches' form that this build reads and writes, the latest first. */
export const wireVersions: readonly number[] = [1];

/**
 * What an aggregator takes from one agent unless it says otherwise, and what an agent spools. The rows are those of a
 * node whose three maps of edges are full; the bytes are those rows with nothing in common.
 */
export const defaultLimits: Limits = {
  maxRows: 200_000,
  maxBatchBytes: 8 * 1024 * 1024,
  maxDictionaryEntries: 500_000,
};

/** The latest version that both sides know; null when there is none. */
export function commonVersion(offered: readonly number[], known: readonly number[] = wireVersions): number | null {
  return known.find((version) => offered.includes(version)) ?? null;
}
