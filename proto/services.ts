import {
  type CallOptions,
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  type handleBidiStreamingCall,
  Metadata,
  type Server,
} from '@grpc/grpc-js';
import type { Sight } from '../core/sight.ts';
import { methodsOf } from './load.ts';
import type * as wire from './wire.ts';

interface Unary<Request, Response> {
  readonly shape: 'unary';
  readonly types: (request: Request) => Response;
}
interface ServerStream<Request, Response> {
  readonly shape: 'server';
  readonly types: (request: Request) => Response;
}
interface BidiStream<Request, Response> {
  readonly shape: 'bidi';
  readonly types: (request: Request) => Response;
}

interface IngestMethods {
  readonly push: BidiStream<wire.PushRequest, wire.PushResponse>;
}

interface QueryMethods {
  readonly listNamespaces: Unary<wire.ListNamespacesRequest, wire.ListNamespacesResponse>;
  readonly listWorkloads: Unary<wire.ListWorkloadsRequest, wire.ListWorkloadsResponse>;
  readonly listServices: Unary<wire.ListServicesRequest, wire.ListServicesResponse>;
  readonly listEdges: Unary<wire.ListEdgesRequest, wire.ListEdgesResponse>;
  readonly getGraph: Unary<wire.GetGraphRequest, wire.GetGraphResponse>;
  readonly getTimeline: Unary<wire.GetTimelineRequest, wire.GetTimelineResponse>;
  readonly completeFilter: Unary<wire.CompleteFilterRequest, wire.CompleteFilterResponse>;
  readonly follow: ServerStream<wire.FollowRequest, wire.FollowResponse>;
  readonly getStatus: Unary<wire.GetStatusRequest, wire.GetStatusResponse>;
  readonly getAccess: Unary<wire.GetAccessRequest, wire.GetAccessResponse>;
}

interface PolicyMethods {
  readonly generate: Unary<wire.GenerateRequest, wire.GenerateResponse>;
  readonly check: Unary<wire.CheckRequest, wire.CheckResponse>;
  readonly compare: Unary<wire.CompareRequest, wire.CompareResponse>;
  readonly listApplied: Unary<wire.ListAppliedRequest, wire.ListAppliedResponse>;
  readonly why: Unary<wire.WhyRequest, wire.WhyResponse>;
  readonly getIsolation: Unary<wire.GetIsolationRequest, wire.GetIsolationResponse>;
  readonly planRollout: Unary<wire.PlanRolloutRequest, wire.PlanRolloutResponse>;
  readonly listBaselines: Unary<wire.ListBaselinesRequest, wire.ListBaselinesResponse>;
  readonly setBaseline: Unary<wire.SetBaselineRequest, wire.SetBaselineResponse>;
  readonly removeBaseline: Unary<wire.RemoveBaselineRequest, wire.RemoveBaselineResponse>;
  readonly getDrift: Unary<wire.GetDriftRequest, wire.GetDriftResponse>;
}

interface AliasMethods {
  readonly listAliases: Unary<wire.ListAliasesRequest, wire.ListAliasesResponse>;
  readonly setAlias: Unary<wire.SetAliasRequest, wire.SetAliasResponse>;
  readonly removeAlias: Unary<wire.RemoveAliasRequest, wire.RemoveAliasResponse>;
}

interface SettingsMethods {
  readonly getSettings: Unary<wire.GetSettingsRequest, wire.GetSettingsResponse>;
  readonly setSettings: Unary<wire.SetSettingsRequest, wire.SetSettingsResponse>;
}

/** Answers one request with what the caller may see; what it throws becomes the status of the call. */
export type UnaryHandler<Request, Response> = (request: Request, sight: Sight) => Response | Promise<Response>;

/** Where the responses of one call go. */
export interface ResponseStream<Response> {
  /** Tells the caller that it is served from here on, before there is a first response. */
  open(): void;
  /** @returns false when no more should be written until the caller is ready */
  write(response: Response): boolean;
  /** Nothing more comes. */
  end(): void;
  /** Ends it with an error; what is no WeirError is told as a fault of ours. */
  fail(error: unknown): void;
  /** Calls back whenever the caller takes more after a write that returned false. */
  onReady(callback: () => void): void;
  /** Calls back once when the call is over, whoever ended it. */
  onClosed(callback: () => void): void;
}

/** Begins to answer a call with a stream; what it throws becomes the status of the call. */
export type StreamHandler<Request, Response> = (
  request: Request,
  to: ResponseStream<Response>,
  sight: Sight,
) => void | Promise<void>;

/** What a server implements of a service, whatever the transport; a stream in both directions is gRPC's alone. */
type Handlers<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends Unary<infer Request, infer Response>
    ? UnaryHandler<Request, Response>
    : Methods[Name] extends ServerStream<infer Request, infer Response>
      ? StreamHandler<Request, Response>
      : Methods[Name] extends BidiStream<infer Request, infer Response>
        ? handleBidiStreamingCall<Request, Response>
        : never;
};

/**
 * What a client can call; a field that is left out of a request has its default. A unary call rejects with grpc-js's
 * ServiceError; a stream emits it as `error`.
 */
type Calls<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends Unary<infer Request, infer Response>
    ? (request: Partial<Request>, options?: CallOptions) => Promise<Response>
    : Methods[Name] extends ServerStream<infer Request, infer Response>
      ? (request: Partial<Request>, options?: CallOptions) => ClientReadableStream<Response>
      : Methods[Name] extends BidiStream<infer Request, infer Response>
        ? (options?: CallOptions) => ClientDuplexStream<Request, Response>
        : never;
};

/** The services by the names that this code and the paths of the HTTP API give them. */
interface Services {
  readonly ingest: IngestMethods;
  readonly query: QueryMethods;
  readonly policy: PolicyMethods;
  readonly alias: AliasMethods;
  readonly settings: SettingsMethods;
}

export type ServiceKey = keyof Services;

/** The name of each service on the wire. */
export const serviceNames = {
  ingest: 'weir.v1.IngestService',
  query: 'weir.v1.QueryService',
  policy: 'weir.v1.PolicyService',
  alias: 'weir.v1.AliasService',
  settings: 'weir.v1.SettingsService',
} as const satisfies Record<ServiceKey, string>;

/** What a server implements of each service. */
export type ServiceHandlers = { readonly [Key in ServiceKey]: Handlers<Services[Key]> };

/** A connection to an aggregator. It is made on the first call and made again by itself when it breaks. */
export type Connection = { readonly [Key in ServiceKey]: Calls<Services[Key]> } & {
  /** Ends the connection; calls under way fail as cancelled. */
  close(): void;
};

/** The largest request that an aggregator takes, in bytes: a bound on what one request may cost it in memory. */
export const maxRequestBytes = 16 * 1024 * 1024;

/** The largest response that a client takes, in bytes: some million edges. */
const maxResponseBytes = 512 * 1024 * 1024;

function callsOf(client: Client, service: string): Readonly<Record<string, unknown>> {
  const calls: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(methodsOf(service))) {
    const { path, requestSerialize: write, responseDeserialize: read } = method;
    if (method.requestStream) {
      calls[name] = (options: CallOptions = {}) => client.makeBidiStreamRequest(path, write, read, options);
    } else if (method.responseStream) {
      calls[name] = (request: unknown, options: CallOptions = {}) =>
        client.makeServerStreamRequest(path, write, read, request, options);
    } else {
      calls[name] = (request: unknown, options: CallOptions = {}) =>
        new Promise((resolve, reject) => {
          client.makeUnaryRequest(path, write, read, request, new Metadata(), options, (error, response) => {
            if (error) reject(error);
            else resolve(response);
          });
        });
    }
  }
  return calls;
}

/**
 * Makes a client of every service at an address such as `127.0.0.1:7280` or `unix:/run/weir/aggregator.sock`.
 * @param channel how the aggregator is known and the client proves itself; plain text without it
 */
export function connect(
  address: string,
  options: ChannelOptions = {},
  channel: ChannelCredentials = credentials.createInsecure(),
): Connection {
  const client = new Client(address, channel, {
    'grpc.max_receive_message_length': maxResponseBytes,
    // A new connection is new: none of another client's, with the certificate that it was made with.
    'grpc.use_local_subchannel_pool': 1,
    ...options,
  });
  const calls = Object.entries(serviceNames).map(([key, name]) => [key, callsOf(client, name)] as const);
  return { ...(Object.fromEntries(calls) as Omit<Connection, 'close'>), close: () => client.close() };
}

export type IngestHandlers = ServiceHandlers['ingest'];
export type QueryHandlers = ServiceHandlers['query'];
export type PolicyHandlers = ServiceHandlers['policy'];
export type AliasHandlers = ServiceHandlers['alias'];
export type SettingsHandlers = ServiceHandlers['settings'];

export function addIngestService(server: Server, handlers: IngestHandlers): void {
  server.addService(methodsOf(serviceNames.ingest), { ...handlers });
}
