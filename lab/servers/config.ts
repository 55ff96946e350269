import type { CallKind } from '../workload-spec.ts';

/** What the lab's own server listens on. */
export interface ListenConfig {
  readonly kind: 'http' | 'quote' | 'statsd' | 'smtp';
  readonly address: string;
  readonly port: number;
}

/** A call that is made about once a second. */
export interface CallConfig {
  readonly kind: CallKind;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Address to call from; null leaves it to the kernel. */
  readonly source: string | null;
}

/** The file that the lab's own server is started with. */
export interface ServiceConfig {
  readonly listen: readonly ListenConfig[];
  readonly calls: readonly CallConfig[];
  /** Calls are made while this file exists. */
  readonly trafficFile: string;
  /** Where the statsd receiver leaves its counters, as a JSON object. */
  readonly statsFile: string;
  /** The directory of psql, whose Debian wrapper is slow. */
  readonly psqlDir: string;
}
