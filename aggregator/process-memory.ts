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
 * The environment in which jemalloc stands in the place of the C library's malloc, as in the aggregator's image. A read of
 * a stream takes 64 kB, is cut to what came, and stays until the stream's next batch: the C library lets such remains lie
 * where they are, with holes between them, and jemalloc keeps pieces of one size together. All threads share two arenas;
 * what is free goes back to the kernel over a second, by a thread of jemalloc's own.
 */
export const allocation = {
  /** A soname, so that the loader finds it on each architecture. Without it the loader complains, and goes on. */
  LD_PRELOAD: 'libjemalloc.so.2',
  MALLOC_CONF: 'background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0,narenas:2',
} as const;
