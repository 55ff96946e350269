import type { Protocol } from './flow.ts';
import type { Coverage, Edge, Entity, Scope, ServiceRef, TimeRange, WorkloadRef } from './query.ts';

export interface GenerateRequest {
  readonly cluster: string;
  readonly scope: Scope | null;
  readonly range: TimeRange | null;
  readonly ingress: boolean;
  readonly egress: boolean;
  readonly service: ServiceRef | null;
  readonly choices: readonly RowChoice[];
  readonly ingressRule: GeneralRule;
  readonly egressRule: GeneralRule;
  readonly manualRules: readonly ManualRule[];
  readonly includeDenied: boolean;
  readonly peers: PeerGrain;
  readonly portRanges: boolean;
  readonly namedPorts: boolean;
  readonly dialect: Dialect;
  readonly comments: boolean;
}

export interface RowChoice {
  readonly client: Entity | null;
  readonly server: Entity | null;
  readonly protocol: Protocol;
  readonly port: number;
  readonly direction: string;
  readonly include: boolean;
  readonly cidr: string;
}

export type GeneralRule =
  | 'GENERAL_RULE_UNSPECIFIED'
  | 'GENERAL_RULE_BLOCK_ALL'
  | 'GENERAL_RULE_ALLOW_INSIDE_NAMESPACE'
  | 'GENERAL_RULE_ALLOW_ALL';

interface ManualRuleParts {
  readonly direction: string;
  readonly ports: readonly PortRange[];
}

export type ManualRule = ManualRuleParts &
  (
    | { readonly peer: 'cidr'; readonly cidr: string }
    | { readonly peer: 'namespace'; readonly namespace: string }
    | { readonly peer: 'workload'; readonly workload: WorkloadRef }
  );

export interface PortRange {
  readonly protocol: Protocol;
  readonly port: number;
  readonly endPort: number;
}

export type PeerGrain = 'PEER_GRAIN_UNSPECIFIED' | 'PEER_GRAIN_NAMESPACE';

export type Dialect =
  | 'DIALECT_UNSPECIFIED'
  | 'DIALECT_CILIUM'
  | 'DIALECT_CALICO'
  | 'DIALECT_CALICO_STAGED'
  | 'DIALECT_CLUSTER';

export interface GenerateResponse {
  readonly policies: readonly GeneratedPolicy[];
  readonly yaml: string;
  readonly excluded: readonly Excluded[];
  readonly coverage: Coverage | null;
  readonly replay: ReplayResult | null;
  readonly skipped: readonly SkippedWorkload[];
  readonly files: readonly File[];
  readonly losses: readonly DialectLoss[];
  readonly completeness: Completeness | null;
  readonly notes: readonly string[];
}

export interface File {
  readonly path: string;
  readonly text: string;
}

export interface DialectLoss {
  readonly workload: WorkloadRef | null;
  readonly direction: string;
  readonly index: number;
  readonly reason: string;
}

export interface Completeness {
  readonly complete: boolean;
  readonly reasons: readonly string[];
}

export interface SkippedWorkload {
  readonly workload: WorkloadRef | null;
  readonly reason: string;
}

export interface GeneratedPolicy {
  readonly workload: WorkloadRef | null;
  readonly name: string;
  readonly yaml: string;
  readonly rules: readonly RuleProvenance[];
  readonly alsoSelects: readonly WorkloadRef[];
  readonly notes: readonly string[];
}

export interface RuleProvenance {
  readonly direction: string;
  readonly index: number;
  readonly summary: string;
  readonly edges: number;
  readonly connections: number;
  readonly firstSeenUnixMs: number;
  readonly lastSeenUnixMs: number;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly confidence: string;
  readonly confidenceReason: string;
  readonly flows: readonly Edge[];
  readonly alsoAllows: readonly WorkloadRef[];
}

export interface Excluded {
  readonly edge: Edge | null;
  readonly direction: string;
  readonly reason: string;
}

export interface CheckRequest {
  readonly cluster: string;
  readonly scope: Scope | null;
  readonly range: TimeRange | null;
  readonly manifests: readonly Manifest[];
  readonly candidatesOnly: boolean;
}

export interface Manifest {
  readonly source: string;
  readonly text: string;
}

export interface CheckResponse {
  readonly replay: ReplayResult | null;
  readonly coverage: Coverage | null;
  readonly problems: readonly Problem[];
  readonly completeness: Completeness | null;
}

export interface Problem {
  readonly source: string;
  readonly line: number;
  readonly object: string;
  readonly message: string;
}

export interface ReplayResult {
  readonly flows: number;
  readonly allowed: number;
  readonly denied: number;
  readonly depends: number;
  readonly newlyAllowed: number;
  readonly findings: readonly ReplayFinding[];
  readonly stillDenied: number;
  readonly unusedRules: readonly RuleRef[];
  readonly overPermission: OverPermission | null;
}

export interface RuleRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly direction: string;
  readonly index: number;
  readonly summary: string;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly lastUsedUnixMs: number;
}

export interface OverPermission {
  readonly allowed: number;
  readonly seen: number;
  readonly widest: readonly ReachSpan[];
  readonly allowedPairs: number;
  readonly seenPairs: number;
}

export interface ReachSpan {
  readonly client: Entity | null;
  readonly server: Entity | null;
  readonly protocol: Protocol;
  readonly firstPort: number;
  readonly lastPort: number;
  readonly clients: number;
}

export interface CompareRequest {
  readonly cluster: string;
  readonly scope: Scope | null;
  readonly before: readonly Manifest[];
  readonly after: readonly Manifest[];
  readonly afterOnly: boolean;
}

export interface CompareResponse {
  readonly changes: readonly ReachChange[];
  readonly totalChanges: number;
  readonly textDiff: string;
  readonly problems: readonly Problem[];
}

export interface ReachChange {
  readonly span: ReachSpan | null;
  readonly before: string;
  readonly after: string;
}

export interface ListAppliedRequest {
  readonly cluster: string;
  readonly scope: Scope | null;
  readonly client: Entity | null;
  readonly server: Entity | null;
}

export interface ListAppliedResponse {
  readonly policies: readonly AppliedPolicy[];
}

export interface AppliedPolicy {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly tier: string;
  readonly priority: number;
  readonly yaml: string;
  readonly ingress: boolean;
  readonly egress: boolean;
  readonly selects: readonly WorkloadRef[];
  readonly selected: number;
  readonly bearsOn: string;
}

export interface WhyRequest {
  readonly cluster: string;
  readonly client: Entity | null;
  readonly server: Entity | null;
  readonly protocol: Protocol;
  readonly port: number;
  readonly range: TimeRange | null;
}

export interface WhyResponse {
  readonly decision: string;
  readonly ingress: DirectionReason | null;
  readonly egress: DirectionReason | null;
  readonly observed: Edge | null;
  readonly disagrees: boolean;
  readonly disagreement: string;
  readonly edits: readonly string[];
  readonly editsLeadTo: string;
}

export interface DirectionReason {
  readonly decision: string;
  readonly because: string;
  readonly assumption: string;
  readonly rule: RuleRef | null;
  readonly yaml: string;
}

export interface GetIsolationRequest {
  readonly cluster: string;
  readonly scope: Scope | null;
}

export interface GetIsolationResponse {
  readonly namespaces: readonly NamespaceIsolation[];
  readonly workloads: readonly WorkloadIsolation[];
}

export interface NamespaceIsolation {
  readonly name: string;
  readonly isolated: number;
  readonly partial: number;
  readonly open: number;
  readonly exempt: number;
}

export interface WorkloadIsolation {
  readonly workload: WorkloadRef | null;
  readonly ingress: boolean;
  readonly egress: boolean;
  readonly exempt: string;
  readonly policies: number;
}

export interface PlanRolloutRequest {
  readonly cluster: string;
  readonly scope: Scope | null;
  readonly range: TimeRange | null;
  readonly manifests: readonly Manifest[];
  readonly prune: boolean;
}

export interface PlanRolloutResponse {
  readonly steps: readonly RolloutStep[];
  readonly rollback: readonly File[];
  readonly cuts: readonly ReplayFinding[];
  readonly problems: readonly Problem[];
  readonly coverage: Coverage | null;
  readonly completeness: Completeness | null;
}

export interface RolloutStep {
  readonly action: string;
  readonly policy: RuleRef | null;
  readonly yaml: string;
  readonly reason: string;
  readonly temporary: boolean;
  readonly cuts: readonly ReplayFinding[];
}

export interface Baseline {
  readonly name: string;
  readonly scope: Scope | null;
  readonly takenUnixMs: number;
  readonly edges: number;
  readonly comment: string;
}

export interface ListBaselinesRequest {
  readonly cluster: string;
}

export interface ListBaselinesResponse {
  readonly baselines: readonly Baseline[];
}

export interface SetBaselineRequest {
  readonly cluster: string;
  readonly name: string;
  readonly scope: Scope | null;
  readonly range: TimeRange | null;
  readonly comment: string;
}

export interface SetBaselineResponse {
  readonly baseline: Baseline | null;
}

export interface RemoveBaselineRequest {
  readonly cluster: string;
  readonly name: string;
}

export type RemoveBaselineResponse = Readonly<Record<string, never>>;

export interface GetDriftRequest {
  readonly cluster: string;
  readonly baseline: string;
  readonly range: TimeRange | null;
  readonly unusedAfterMs: number;
}

export interface GetDriftResponse {
  readonly baseline: Baseline | null;
  readonly appeared: readonly Edge[];
  readonly disappeared: readonly Edge[];
  readonly changed: readonly Edge[];
  readonly unusedRules: readonly RuleRef[];
  readonly coverage: Coverage | null;
  readonly unusedUnknown: string;
}

export interface ReplayFinding {
  readonly edge: Edge | null;
  readonly decision: string;
  readonly direction: string;
  readonly because: string;
  readonly rule: RuleRef | null;
}
