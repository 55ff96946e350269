import type { ChannelOptions } from '@grpc/grpc-js';
import type { Milliseconds } from '../../core/time.ts';

/**
 * How a connection finds out that nobody is at its other end any more, where nothing says so: the process hangs, or its
 * machine is gone. @param everyMs how often it asks. @param withinMs how long it waits for the answer
 */
export function keepalive(everyMs: Milliseconds, withinMs: Milliseconds): ChannelOptions {
  return { 'grpc.keepalive_time_ms': everyMs, 'grpc.keepalive_timeout_ms': withinMs };
}
