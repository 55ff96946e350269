import type * as wire from '../../../proto/wire.ts';

interface Method<Request, Response> {
  readonly request: Request;
  readonly response: Response;
}

/** Every method that the app calls, by service: what it takes and what it gives. */
export interface Methods {
  readonly query: {
    readonly listNamespaces: Method<wire.ListNamespacesRequest, wire.ListNamespacesResponse>;
    readonly listWorkloads: Method<wire.ListWorkloadsRequest, wire.ListWorkloadsResponse>;
    readonly listServices: Method<wire.ListServicesRequest, wire.ListServicesResponse>;
    readonly listEdges: Method<wire.ListEdgesRequest, wire.ListEdgesResponse>;
    readonly getGraph: Method<wire.GetGraphRequest, wire.GetGraphResponse>;
    readonly getTimeline: Method<wire.GetTimelineRequest, wire.GetTimelineResponse>;
    readonly completeFilter: Method<wire.CompleteFilterRequest, wire.CompleteFilterResponse>;
    readonly getStatus: Method<wire.GetStatusRequest, wire.GetStatusResponse>;
    readonly getAccess: Method<wire.GetAccessRequest, wire.GetAccessResponse>;
  };
  readonly policy: {
    readonly generate: Method<wire.GenerateRequest, wire.GenerateResponse>;
    readonly check: Method<wire.CheckRequest, wire.CheckResponse>;
    readonly compare: Method<wire.CompareRequest, wire.CompareResponse>;
    readonly listApplied: Method<wire.ListAppliedRequest, wire.ListAppliedResponse>;
    readonly why: Method<wire.WhyRequest, wire.WhyResponse>;
    readonly getIsolation: Method<wire.GetIsolationRequest, wire.GetIsolationResponse>;
    readonly planRollout: Method<wire.PlanRolloutRequest, wire.PlanRolloutResponse>;
    readonly listBaselines: Method<wire.ListBaselinesRequest, wire.ListBaselinesResponse>;
    readonly setBaseline: Method<wire.SetBaselineRequest, wire.SetBaselineResponse>;
    readonly removeBaseline: Method<wire.RemoveBaselineRequest, wire.RemoveBaselineResponse>;
    readonly getDrift: Method<wire.GetDriftRequest, wire.GetDriftResponse>;
  };
  readonly alias: {
    readonly listAliases: Method<wire.ListAliasesRequest, wire.ListAliasesResponse>;
    readonly setAlias: Method<wire.SetAliasRequest, wire.SetAliasResponse>;
    readonly removeAlias: Method<wire.RemoveAliasRequest, wire.RemoveAliasResponse>;
  };
  readonly settings: {
    readonly getSettings: Method<wire.GetSettingsRequest, wire.GetSettingsResponse>;
    readonly setSettings: Method<wire.SetSettingsRequest, wire.SetSettingsResponse>;
  };
}

export type ApiKey = keyof Methods;

export type RequestOf<Key extends ApiKey, Name extends keyof Methods[Key]> =
  Methods[Key][Name] extends Method<infer Request, unknown> ? Request : never;

export type ResponseOf<Key extends ApiKey, Name extends keyof Methods[Key]> =
  Methods[Key][Name] extends Method<unknown, infer Response> ? Response : never;
