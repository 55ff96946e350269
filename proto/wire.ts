/**
 * The messages of weir.v1 as the wire gives them and takes them: 64-bit numbers as numbers, enums by name, an absent
 * message as null, and of a oneof the name of the member that is set beside that member. What each field means is said
 * in weir/v1/*.proto.
 */

export type Protocol =
  | 'PROTOCOL_UNSPECIFIED'
  | 'PROTOCOL_TCP'
  | 'PROTOCOL_UDP'
  | 'PROTOCOL_SCTP'
  | 'PROTOCOL_ICMP'
  | 'PROTOCOL_ICMPV6';
export type DirectionEvidence =
  | 'DIRECTION_EVIDENCE_UNSPECIFIED'
  | 'DIRECTION_EVIDENCE_PORTS'
  | 'DIRECTION_EVIDENCE_LISTENER'
  | 'DIRECTION_EVIDENCE_FIRST_PACKET'
  | 'DIRECTION_EVIDENCE_CONNTRACK'
  | 'DIRECTION_EVIDENCE_HANDSHAKE';
export type Verdict =
  | 'VERDICT_UNSPECIFIED'
  | 'VERDICT_FORWARDED'
  | 'VERDICT_DROPPED'
  | 'VERDICT_REFUSED'
  | 'VERDICT_UNANSWERED';

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface WorkloadRef {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
}

export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
}

export interface Counters {
  readonly attempts: number;
  readonly established: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly synPackets: number;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  readonly packetsToServer: number;
  readonly packetsToClient: number;
  readonly retransmits: number;
  readonly rttMicros: number;
  readonly rttSamples: number;
}

export interface Drop {
  readonly reason: string;
  readonly packets: number;
}

export interface Loss {
  readonly stage: string;
  readonly events: number;
}

export interface BatchId {
  readonly epoch: number;
  readonly sequence: number;
}

export interface Feature {
  readonly name: string;
  readonly active: boolean;
  readonly reason: string;
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
}

export interface DetectedCni {
  readonly name: string;
  readonly forced: boolean;
  readonly evidence: readonly string[];
}

export type SourceState = 'SOURCE_STATE_UNSPECIFIED' | 'SOURCE_STATE_OK' | 'SOURCE_STATE_OFF' | 'SOURCE_STATE_FAILING';

export interface IdentitySource {
  readonly name: string;
  readonly state: SourceState;
  readonly detail: string;
}

export interface Hello {
  readonly cluster: string;
  readonly node: string;
  readonly agentVersion: string;
  readonly oldest: BatchId | null;
  readonly status: AgentStatus | null;
  readonly versions: readonly number[];
}

export interface Limits {
  readonly maxRows: number;
  readonly maxBatchBytes: number;
  readonly maxDictionaryEntries: number;
}

export interface Welcome {
  readonly committed: BatchId | null;
  readonly credits: number;
  readonly version: number;
  readonly limits: Limits | null;
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

export interface Additions {
  readonly podNamespaces: readonly string[];
  readonly podNames: readonly string[];
  readonly podUids: readonly string[];
  readonly addresses: Uint8Array;
  readonly remoteNames: readonly string[];
  readonly dropReasons: readonly string[];
  readonly edges: Edges | null;
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

/** On sending, `frame` is for the type checker only: the member that is there is what is sent. */
export type PushRequest =
  | { readonly frame: 'hello'; readonly hello: Hello }
  | { readonly frame: 'batch'; readonly batch: Batch };

export type PushResponse =
  | { readonly frame: 'welcome'; readonly welcome: Welcome }
  | { readonly frame: 'ack'; readonly ack: Ack }
  | { readonly frame: 'needDictionary'; readonly needDictionary: NeedDictionary };

export interface Unresolved {
  readonly address: string;
  readonly reason: string;
}

export interface AliasTag {
  readonly name: string;
  readonly cidr: string;
  readonly allowed: boolean;
}

export type Entity =
  | { readonly entity: 'workload'; readonly workload: WorkloadRef }
  | { readonly entity: 'service'; readonly service: ServiceRef }
  | { readonly entity: 'node'; readonly node: string }
  | { readonly entity: 'external'; readonly external: string; readonly alias: AliasTag | null }
  | { readonly entity: 'unresolved'; readonly unresolved: Unresolved };

export interface Observation {
  readonly counters: Counters | null;
  readonly drops: readonly Drop[];
  readonly firstSeenUnixMs: number;
  readonly lastSeenUnixMs: number;
  readonly directionBy: DirectionEvidence;
  readonly serverNames: readonly string[];
}

export interface Edge {
  readonly client: Entity | null;
  readonly server: Entity | null;
  readonly protocol: Protocol;
  readonly port: number;
  readonly services: readonly ServiceRef[];
  readonly byClient: Observation | null;
  readonly byServer: Observation | null;
  readonly merged: Observation | null;
  readonly verdict: Verdict;
}

export interface TimeRange {
  readonly startUnixMs: number;
  readonly endUnixMs: number;
}

export interface Scope {
  readonly namespace: string;
  readonly workload: WorkloadRef | null;
}

export interface Coverage {
  readonly windows: number;
  readonly incompleteWindows: number;
  readonly losses: readonly Loss[];
  readonly firstUnixMs: number;
  readonly lastUnixMs: number;
  readonly nodesWithoutAgent: readonly string[];
}

export interface ListNamespacesRequest {
  readonly cluster: string;
}

export interface NamespaceSummary {
  readonly name: string;
  readonly workloads: number;
  readonly pods: number;
}

export interface ListNamespacesResponse {
  readonly namespaces: readonly NamespaceSummary[];
}

export interface ListWorkloadsRequest {
  readonly cluster: string;
  readonly namespace: string;
}

export interface WorkloadSummary {
  readonly workload: WorkloadRef | null;
  readonly pods: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly ingressEdges: number;
  readonly egressEdges: number;
}

export interface ListWorkloadsResponse {
  readonly workloads: readonly WorkloadSummary[];
}

export interface ListEdgesRequest {
  readonly cluster: string;
  readonly scope: Scope | null;
  readonly range: TimeRange | null;
}

export interface ListEdgesResponse {
  readonly edges: readonly Edge[];
  readonly coverage: Coverage | null;
}

export interface FollowRequest {
  readonly cluster: string;
  readonly scope: Scope | null;
}

export interface FollowResponse {
  readonly node: string;
  readonly windowStartUnixMs: number;
  readonly windowEndUnixMs: number;
  readonly edges: readonly Edge[];
  readonly skippedWindows: number;
}

export type GetStatusRequest = Readonly<Record<string, never>>;

export interface NodeCoverage {
  readonly windows: number;
  readonly incompleteWindows: number;
  readonly losses: readonly Loss[];
  readonly lastIncompleteUnixMs: number;
}

export interface AgentReport {
  readonly node: string;
  readonly connected: boolean;
  readonly committed: BatchId | null;
  readonly lastWindowEndUnixMs: number;
  readonly status: AgentStatus | null;
  readonly coverage: NodeCoverage | null;
}

export interface UnresolvedCount {
  readonly reason: string;
  readonly addresses: number;
}

export interface ClusterStatus {
  readonly name: string;
  readonly source: string;
  readonly agents: readonly AgentReport[];
  readonly workloads: number;
  readonly pods: number;
  readonly edges: number;
  readonly coverage: Coverage | null;
  readonly problems: readonly string[];
  readonly unresolved: readonly UnresolvedCount[];
}

export interface GetStatusResponse {
  readonly version: string;
  readonly clusters: readonly ClusterStatus[];
}

export interface GenerateRequest {
  readonly cluster: string;
  readonly scope: Scope | null;
  readonly range: TimeRange | null;
  readonly ingress: boolean;
  readonly egress: boolean;
}

export interface RuleProvenance {
  readonly direction: string;
  readonly index: number;
  readonly summary: string;
  readonly edges: number;
  readonly connections: number;
  readonly firstSeenUnixMs: number;
  readonly lastSeenUnixMs: number;
}

export interface GeneratedPolicy {
  readonly workload: WorkloadRef | null;
  readonly name: string;
  readonly yaml: string;
  readonly rules: readonly RuleProvenance[];
  readonly alsoSelects: readonly WorkloadRef[];
  readonly notes: readonly string[];
}

export interface Excluded {
  readonly edge: Edge | null;
  readonly direction: string;
  readonly reason: string;
}

export interface ReplayFinding {
  readonly edge: Edge | null;
  readonly decision: string;
  readonly direction: string;
  readonly because: string;
}

export interface ReplayResult {
  readonly flows: number;
  readonly allowed: number;
  readonly denied: number;
  readonly depends: number;
  readonly newlyAllowed: number;
  readonly stillDenied: number;
  readonly findings: readonly ReplayFinding[];
}

export interface SkippedWorkload {
  readonly workload: WorkloadRef | null;
  readonly reason: string;
}

export interface GenerateResponse {
  readonly policies: readonly GeneratedPolicy[];
  readonly yaml: string;
  readonly excluded: readonly Excluded[];
  readonly coverage: Coverage | null;
  readonly replay: ReplayResult | null;
  readonly skipped: readonly SkippedWorkload[];
}

export interface Manifest {
  readonly source: string;
  readonly text: string;
}

export interface CheckRequest {
  readonly cluster: string;
  readonly scope: Scope | null;
  readonly range: TimeRange | null;
  readonly manifests: readonly Manifest[];
  readonly candidatesOnly: boolean;
}

export interface Problem {
  readonly source: string;
  readonly line: number;
  readonly object: string;
  readonly message: string;
}

export interface CheckResponse {
  readonly replay: ReplayResult | null;
  readonly coverage: Coverage | null;
  readonly problems: readonly Problem[];
}

export interface Alias {
  readonly name: string;
  readonly cidr: string;
  readonly allowed: boolean;
  readonly expiresUnixMs: number;
  readonly comment: string;
  readonly expired: boolean;
}

export interface ListAliasesRequest {
  readonly cluster: string;
}

export interface ListAliasesResponse {
  readonly aliases: readonly Alias[];
}

export interface SetAliasRequest {
  readonly cluster: string;
  readonly alias: Alias | null;
}

export interface SetAliasResponse {
  readonly alias: Alias | null;
}

export interface RemoveAliasRequest {
  readonly cluster: string;
  readonly name: string;
}

export type RemoveAliasResponse = Readonly<Record<string, never>>;

export interface ListServicesRequest {
  readonly cluster: string;
  readonly namespace: string;
}

export interface ServiceEnd {
  readonly entity: Entity | null;
  readonly port: number;
}

export interface ServicePortSummary {
  readonly protocol: Protocol;
  readonly port: number;
  readonly behind: readonly ServiceEnd[];
}

export interface ServiceSummary {
  readonly service: ServiceRef | null;
  readonly addresses: readonly string[];
  readonly ports: readonly ServicePortSummary[];
}

export interface ListServicesResponse {
  readonly services: readonly ServiceSummary[];
}
