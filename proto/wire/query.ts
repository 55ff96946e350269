import type { Counters, DirectionEvidence, Drop, Protocol, Verdict } from './flow.ts';
import type { AgentStatus, BatchId, Loss, Validity } from './ingest.ts';

export interface WorkloadRef {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
}

export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
}

export type Entity =
  | { readonly entity: 'workload'; readonly workload: WorkloadRef }
  | { readonly entity: 'service'; readonly service: ServiceRef }
  | { readonly entity: 'node'; readonly node: string }
  | { readonly entity: 'external'; readonly external: string; readonly alias: AliasTag | null }
  | { readonly entity: 'unresolved'; readonly unresolved: Unresolved };

export interface AliasTag {
  readonly name: string;
  readonly cidr: string;
  readonly allowed: boolean;
}

export interface Unresolved {
  readonly address: string;
  readonly reason: string;
}

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

export interface ListNamespacesResponse {
  readonly namespaces: readonly NamespaceSummary[];
}

export interface NamespaceSummary {
  readonly name: string;
  readonly workloads: number;
  readonly pods: number;
}

export interface ListWorkloadsRequest {
  readonly cluster: string;
  readonly namespace: string;
}

export interface ListWorkloadsResponse {
  readonly workloads: readonly WorkloadSummary[];
}

export interface WorkloadSummary {
  readonly workload: WorkloadRef | null;
  readonly pods: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly ingressEdges: number;
  readonly egressEdges: number;
}

export interface ListServicesRequest {
  readonly cluster: string;
  readonly namespace: string;
}

export interface ListServicesResponse {
  readonly services: readonly ServiceSummary[];
}

export interface ServiceSummary {
  readonly service: ServiceRef | null;
  readonly addresses: readonly string[];
  readonly ports: readonly ServicePortSummary[];
}

export interface ServicePortSummary {
  readonly protocol: Protocol;
  readonly port: number;
  readonly behind: readonly ServiceEnd[];
}

export interface ServiceEnd {
  readonly entity: Entity | null;
  readonly port: number;
}

export type EdgeOrder =
  | 'EDGE_ORDER_UNSPECIFIED'
  | 'EDGE_ORDER_BYTES'
  | 'EDGE_ORDER_CONNECTIONS'
  | 'EDGE_ORDER_LAST_SEEN'
  | 'EDGE_ORDER_DENIED';

export interface ListEdgesRequest {
  readonly cluster: string;
  readonly scope: Scope | null;
  readonly range: TimeRange | null;
  readonly filter: string;
  readonly pageSize: number;
  readonly pageToken: string;
  readonly order: EdgeOrder;
}

export interface ListEdgesResponse {
  readonly edges: readonly Edge[];
  readonly coverage: Coverage | null;
  readonly nextPageToken: string;
  readonly totalEdges: number;
}

export interface GetGraphRequest {
  readonly cluster: string;
  readonly scope: Scope | null;
  readonly range: TimeRange | null;
  readonly filter: string;
  readonly openNamespaces: readonly string[];
  readonly hops: number;
  readonly maxNodes: number;
}

export interface GetGraphResponse {
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
  readonly coverage: Coverage | null;
  readonly folded: boolean;
}

export interface GraphNode {
  readonly id: string;
  readonly type: string;
  readonly label: string;
  readonly namespace: string;
  readonly workload: WorkloadRef | null;
  readonly workloads: number;
  readonly pods: number;
  readonly addresses: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly PortRef[];
  readonly services: readonly ServiceRef[];
  readonly degree: number;
  readonly hub: boolean;
}

export interface PortRef {
  readonly protocol: Protocol;
  readonly port: number;
}

export interface GraphLink {
  readonly source: string;
  readonly target: string;
  readonly edges: number;
  readonly connections: number;
  readonly bytes: number;
  readonly firstSeenUnixMs: number;
  readonly lastSeenUnixMs: number;
  readonly ports: readonly LinkPort[];
  readonly forwarded: number;
  readonly dropped: number;
  readonly refused: number;
  readonly unanswered: number;
}

export interface LinkPort {
  readonly protocol: Protocol;
  readonly port: number;
  readonly verdict: Verdict;
}

export interface GetTimelineRequest {
  readonly cluster: string;
  readonly scope: Scope | null;
  readonly range: TimeRange | null;
  readonly filter: string;
  readonly buckets: number;
}

export interface GetTimelineResponse {
  readonly buckets: readonly TimelineBucket[];
  readonly coverage: Coverage | null;
}

export interface TimelineBucket {
  readonly startUnixMs: number;
  readonly endUnixMs: number;
  readonly connections: number;
  readonly bytes: number;
  readonly forwarded: number;
  readonly dropped: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly windows: number;
  readonly incompleteWindows: number;
}

export interface CompleteFilterRequest {
  readonly cluster: string;
  readonly filter: string;
  readonly cursor: number;
}

export interface CompleteFilterResponse {
  readonly suggestions: readonly Suggestion[];
  readonly replaceFrom: number;
  readonly replaceTo: number;
  readonly problem: string;
  readonly problemAt: number;
}

export interface Suggestion {
  readonly text: string;
  readonly type: string;
  readonly detail: string;
}

export interface FollowRequest {
  readonly cluster: string;
  readonly scope: Scope | null;
  readonly filter: string;
  readonly resumeToken: string;
}

export interface FollowResponse {
  readonly node: string;
  readonly windowStartUnixMs: number;
  readonly windowEndUnixMs: number;
  readonly edges: readonly Edge[];
  readonly skippedWindows: number;
  readonly resumeToken: string;
  readonly resumeLost: boolean;
}

export type GetAccessRequest = Readonly<Record<string, never>>;

export interface GetAccessResponse {
  readonly user: string;
  readonly seesAll: boolean;
  readonly listsAliases: boolean;
  readonly updatesAliases: boolean;
  readonly getsSettings: boolean;
  readonly updatesSettings: boolean;
}

export interface GetStatusRequest {
  readonly namespace: string;
}

export interface GetStatusResponse {
  readonly version: string;
  readonly clusters: readonly ClusterStatus[];
  readonly replicas: readonly Replica[];
  readonly store: StoreStatus | null;
}

export interface Replica {
  readonly name: string;
  readonly version: string;
  readonly startedUnixMs: number;
  readonly seenUnixMs: number;
  readonly agentsConnected: number;
  readonly certificate: Validity | null;
}

export interface StoreStatus {
  readonly kind: string;
  readonly place: string;
  readonly schemaVersion: number;
  readonly bytes: number;
  readonly problem: string;
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
  readonly nodes: number;
  readonly namespaces: number;
  readonly waiting: boolean;
  readonly sourceProblems: readonly string[];
  readonly kept: readonly KeptTier[];
}

export interface KeptTier {
  readonly widthMs: number;
  readonly keepMs: number;
}

export interface UnresolvedCount {
  readonly reason: string;
  readonly addresses: number;
}

export interface AgentReport {
  readonly node: string;
  readonly connected: boolean;
  readonly committed: BatchId | null;
  readonly lastWindowEndUnixMs: number;
  readonly status: AgentStatus | null;
  readonly coverage: NodeCoverage | null;
  readonly lagMs: number;
  readonly nodeIsGone: boolean;
}

export interface NodeCoverage {
  readonly windows: number;
  readonly incompleteWindows: number;
  readonly losses: readonly Loss[];
  readonly lastIncompleteUnixMs: number;
}
