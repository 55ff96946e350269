/** One fresh attempt to reach a server. */
export type ProbeConfig =
  /** A TCP connection; `source` is the address to come from, null leaves it to the kernel. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly source: string | null }
  /** A UDP question of the quote service, with its answer. */
  | { readonly kind: 'quote'; readonly host: string; readonly port: number }
  /** A datagram that nothing answers; `name` is the counter that it raises at the receiver. */
  | { readonly kind: 'statsd'; readonly host: string; readonly port: number; readonly name: string }
  | { readonly kind: 'dns'; readonly host: string; readonly protocol: 'TCP' | 'UDP'; readonly name: string };

/** What became of an attempt: null when it went through, otherwise what went wrong. */
export type ProbeResult = string | null;

/** What the probe is started with, as JSON. */
export interface ProbeRun {
  readonly probes: readonly ProbeConfig[];
  /** How long each attempt may take. */
  readonly timeoutMs: number;
  /** For how long attempts that fail are repeated; 0 gives each one chance. */
  readonly retryMs: number;
}
