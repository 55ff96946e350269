import { setFlagsFromString } from 'node:v8';

/**
 * Tells the engine how to collect garbage here; to be called first. By itself it puts each new object of kinds that grew old
 * while the graph was filled among the old ones for good, where they keep all that they refer to alive until the whole heap
 * is collected: every batch would be such a kind. And it shares each collection of young objects among threads, which costs
 * more than it gives where next to nothing of them is left.
 */
export function tuneCollector(): void {
  for (const flag of ['--no-allocation-site-pretenuring', '--no-parallel-scavenge']) setFlagsFromString(flag);
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
