import { setFlagsFromString } from 'node:v8';

/**
 * Has the engine put each new object among the young ones. By itself it puts those of kinds that grew old while the graph
 * was filled among the old ones for good, where they keep all that they refer to alive until the whole heap is collected:
 * every batch would be such a kind. To be called first.
 */
export function keepNewObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}

/**
 * What the C library is told of memory, as the aggregator's image does: large pieces go back to the kernel as soon as they
 * are free, however large those before them were, and all threads share two heaps.
 */
export const allocation: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_ARENA_MAX: '2',
};
