import type { Counters } from './flow.ts';

/** On sending, `frame` is for the type checker only: the member that is there is what is sent. */
export type PushRequest =
  | { readonly frame: 'hello'; readonly hello: Hello }
  | { readonly frame: 'batch'; readonly batch: Batch };

export type PushResponse =
  | { readonly frame: 'welcome'; readonly welcome: Welcome }
  | { readonly frame: 'ack'; readonly ack: Ack }
  | { readonly frame: 'needDictionary'; readonly needDictionary: NeedDictionary };

export interface Hello {
  readonly cluster: string;
  readonly node: string;
  readonly agentVersion: string;
  readonly oldest: BatchId | null;
  readonly forgotten: BatchId | null;
  readonly status: AgentStatus | null;
  readonly versions: readonly number[];
}

export interface BatchId {
  readonly epoch: number;
  readonly sequence: number;
}

export interface Welcome {
  readonly committed: BatchId | null;
  readonly credits: number;
  readonly version: number;
  readonly limits: Limits | null;
}

export interface Limits {
  readonly maxRows: number;
  readonly maxBatchBytes: number;
  readonly maxDictionaryEntries: number;
}

export interface Ack {
  readonly committed: BatchId | null;
  readonly credits: number;
  readonly throttleMs: number;
}

export interface NeedDictionary {
  readonly after: BatchId | null;
  readonly reason: string;
}

export interface Batch {
  readonly body: Uint8Array;
  readonly crc32: number;
}

export interface BatchBody {
  readonly id: BatchId | null;
  readonly firstSequence: number;
  readonly windowStartUnixMs: number;
  readonly windowEndUnixMs: number;
  readonly losses: readonly Loss[];
  readonly status: AgentStatus | null;
  readonly resets: boolean;
  readonly previousCrc32: number;
  readonly additions: Additions | null;
  readonly rows: Rows | null;
}

export interface Additions {
  readonly podNamespaces: readonly string[];
  readonly podNames: readonly string[];
  readonly podUids: readonly string[];
  readonly addresses: Uint8Array;
  readonly remoteNames: readonly string[];
  readonly dropReasons: readonly string[];
  readonly edges: Edges | null;
}

export interface Edges {
  readonly count: number;
  readonly pods: Uint8Array;
  readonly roles: Uint8Array;
  readonly protocols: Uint8Array;
  readonly directionBy: Uint8Array;
  readonly remotes: Uint8Array;
  readonly ports: Uint8Array;
  readonly seenAs: Uint8Array;
  readonly seenAsPorts: Uint8Array;
  readonly remoteNames: Uint8Array;
}

export interface Rows extends Readonly<Record<keyof Counters, Uint8Array>> {
  readonly count: number;
  readonly edges: Uint8Array;
  readonly firstSeen: Uint8Array;
  readonly lastSeen: Uint8Array;
  readonly dropCount: number;
  readonly dropRows: Uint8Array;
  readonly dropReasons: Uint8Array;
  readonly dropPackets: Uint8Array;
}

export interface Loss {
  readonly stage: string;
  readonly events: number;
}

export interface AgentStatus {
  readonly version: string;
  readonly kernel: string;
  readonly interfacesAttached: number;
  readonly podsResolved: number;
  readonly unresolvedInterfaces: readonly string[];
  readonly batchesPending: number;
  readonly features: readonly Feature[];
  readonly cnis: readonly DetectedCni[];
  readonly resolvedByMeans: Readonly<Record<string, number>>;
  readonly unresolvedByReason: Readonly<Record<string, number>>;
  readonly identitySources: readonly IdentitySource[];
  readonly windowMs: number;
  readonly spoolBytes: number;
  readonly spoolMaxBytes: number;
  readonly certificate: Validity | null;
}

export interface Validity {
  readonly fromUnixMs: number;
  readonly throughUnixMs: number;
}

export interface DetectedCni {
  readonly name: string;
  readonly forced: boolean;
  readonly evidence: readonly string[];
}

export interface IdentitySource {
  readonly name: string;
  readonly state: SourceState;
  readonly detail: string;
}

export type SourceState = 'SOURCE_STATE_UNSPECIFIED' | 'SOURCE_STATE_OK' | 'SOURCE_STATE_OFF' | 'SOURCE_STATE_FAILING';

export interface Feature {
  readonly name: string;
  readonly active: boolean;
  readonly reason: string;
}
