export interface Settings {
  readonly workloadLabels: LabelChoice | null;
  readonly namespaceLabels: LabelChoice | null;
  readonly podCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
  readonly serviceRules: ServiceRules;
  readonly revision: number;
}

export interface LabelChoice {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export type ServiceRules = 'SERVICE_RULES_UNSPECIFIED' | 'SERVICE_RULES_TARGETS' | 'SERVICE_RULES_ADDRESSES';

export interface GetSettingsRequest {
  readonly cluster: string;
}

export interface GetSettingsResponse {
  readonly settings: Settings | null;
}

export interface SetSettingsRequest {
  readonly cluster: string;
  readonly settings: Settings | null;
}

export interface SetSettingsResponse {
  readonly settings: Settings | null;
}
