import type { Address } from '../../core/address.ts';
import type { DirectionEvidence, Drops, Endpoint, FlowCounters, Losses, Protocol, Role } from '../../core/flow.ts';
import type { UnixMs } from '../../core/time.ts';
import type { NamespaceLook } from '../../native/native.ts';
import type { InhabitedNamespace } from './processes.ts';

/** Where in the kernel an edge was seen: in a network namespace, or on an interface of the node. */
export type Scope =
  | { readonly type: 'namespace'; readonly cookie: bigint }
  | { readonly type: 'interface'; readonly ifindex: number };

/** What one place saw of one edge since the last drain; the pod is not named yet. */
export interface SourceEdge {
  readonly scope: Scope;
  readonly role: Role;
  readonly directionBy: DirectionEvidence;
  readonly remote: Address;
  readonly port: number;
  readonly protocol: Protocol;
  readonly seenAs: Endpoint | null;
  readonly counters: FlowCounters;
  readonly drops: Drops;
  readonly firstSeenUnixMs: UnixMs;
  readonly lastSeenUnixMs: UnixMs;
}

/** A DNS message to a pod, or a piece of one: a UDP payload, or one segment of a TCP stream. */
export interface DnsPayload {
  readonly scope: Scope;
  readonly server: Address;
  readonly clientPort: number;
  /** Sequence number of the first byte of a segment; null for UDP. */
  readonly sequence: number | null;
  readonly payload: Buffer;
  /** The end is missing. */
  readonly cut: boolean;
}

export interface Drained {
  readonly edges: readonly SourceEdge[];
  /** Events since the last drain that are in no edge although they should be, by stage. */
  readonly losses: Losses;
}

/** A part of the capture that the kernel, or the configuration, may or may not offer. */
export interface Feature {
  readonly name: string;
  readonly active: boolean;
  /** Why not; empty when active. */
  readonly reason: string;
}

/** An interface that leads to a pod, as far as that is known. */
export interface PodLink {
  readonly ifindex: number;
  /** Cookie of the namespace behind it; 0n while that is not known. */
  readonly cookie: bigint;
  /** Id of that namespace as the node's knows it; -1 when there is none. */
  readonly nsid: number;
  /** It appeared while the node was watched, so nothing was said on it before. */
  readonly appeared: boolean;
}

/** Where flows come from. The kernel is one; a test may be another. */
export interface Source {
  readonly features: readonly Feature[];
  /** Everything that came new since the last call. */
  drain(): Drained;
  /**
   * To be called when what the last drain gave is kept: frees what is idle or gone in the kernel.
   * @param isKnown whether a pod is known there
   */
  release(isKnown: (scope: Scope) => boolean): void;
  /** What a later start needs to go on where the last drain ended. */
  state(): unknown;
  /** DNS payloads since the last call. */
  dnsPayloads(): readonly DnsPayload[];
  /** Watches an interface, or tells anew what is behind one that is watched. @throws NativeError */
  attach(link: PodLink): void;
  detach(ifindex: number): void;
  /** Interfaces that are watched, those of an earlier start included. */
  attached(): readonly number[];
  /** The namespace of a pod is gone: what the kernel holds of it can go too. */
  namespaceGone(cookie: bigint): void;
  /** @param paths files that hold namespaces open @returns a look for each, in their order */
  lookAtNamespaces(paths: readonly string[]): readonly NamespaceLook[];
  /** The network namespaces that processes are in. @throws NativeError */
  inhabitedNamespaces(): readonly InhabitedNamespace[];
  /** Counts since the capture was made, by name, for metrics: kernel statistics and map entries. */
  statistics(): Readonly<Record<string, number>>;
  mapEntries(): Readonly<Record<string, number>>;
  close(): void;
}
