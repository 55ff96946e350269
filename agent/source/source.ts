import type { Address } from '../../core/address.ts';
import type { Drops, FlowCounters, Losses, Protocol, Role } from '../../core/flow.ts';
import type { UnixMs } from '../../core/time.ts';

/** Where in the kernel an edge was seen: in a network namespace, or on an interface of the node. */
export type Scope =
  | { readonly type: 'namespace'; readonly cookie: bigint }
  | { readonly type: 'interface'; readonly ifindex: number };

/** What one place saw of one edge since the last drain; the pod is not named yet. */
export interface SourceEdge {
  readonly scope: Scope;
  readonly role: Role;
  readonly remote: Address;
  readonly port: number;
  readonly protocol: Protocol;
  readonly counters: FlowCounters;
  readonly drops: Drops;
  readonly firstSeenUnixMs: UnixMs;
  readonly lastSeenUnixMs: UnixMs;
}

export interface Drained {
  readonly edges: readonly SourceEdge[];
  /** Events since the last drain that are in no edge although they should be, by stage. */
  readonly losses: Losses;
}

/** A part of the capture that the kernel may or may not offer. */
export interface Feature {
  readonly name: string;
  readonly active: boolean;
  /** Why not; empty when active. */
  readonly reason: string;
}

/** Where flows come from. The kernel is one; a test may be another. */
export interface Source {
  readonly features: readonly Feature[];
  /** Everything that came new since the last call. */
  drain(): Drained;
  /** Watches an interface, or tells which namespace is behind one that is watched. @throws NativeError */
  attach(ifindex: number, podCookie: bigint): void;
  detach(ifindex: number): void;
  /** Counts since the start, by name, for metrics: kernel statistics and map entries. */
  statistics(): Readonly<Record<string, number>>;
  mapEntries(): Readonly<Record<string, number>>;
  close(): void;
}
