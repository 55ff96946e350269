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
 * The environment in which all memory but JavaScript's heap comes from jemalloc, as in the aggregator's image. A read of a
 * stream takes 64 kB, is cut to what came, and stays until the stream's next batch: malloc of the C library leaves such
 * remains scattered, with holes between them that nobody fills, and jemalloc keeps pieces of one size together. All
 * threads share two arenas, and a thread of jemalloc gives back to the kernel, over a second, what is free.
 */
export const allocation = {
  /** A soname, so that the loader finds it on each architecture. Without it the loader complains, and goes on. */
  LD_PRELOAD: 'libjemalloc.so.2',
  MALLOC_CONF: 'background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0,narenas:2',
} as const;
