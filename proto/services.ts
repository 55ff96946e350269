import {
  type CallOptions,
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type Server,
} from '@grpc/grpc-js';
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
  readonly follow: ServerStream<wire.FollowRequest, wire.FollowResponse>;
  readonly getStatus: Unary<wire.GetStatusRequest, wire.GetStatusResponse>;
}

interface PolicyMethods {
  readonly generate: Unary<wire.GenerateRequest, wire.GenerateResponse>;
  readonly check: Unary<wire.CheckRequest, wire.CheckResponse>;
}

interface AliasMethods {
  readonly listAliases: Unary<wire.ListAliasesRequest, wire.ListAliasesResponse>;
  readonly setAlias: Unary<wire.SetAliasRequest, wire.SetAliasResponse>;
  readonly removeAlias: Unary<wire.RemoveAliasRequest, wire.RemoveAliasResponse>;
}

/** What a server implements for each service. */
type Handlers<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends Unary<infer Request, infer Response>
    ? handleUnaryCall<Request, Response>
    : Methods[Name] extends ServerStream<infer Request, infer Response>
      ? handleServerStreamingCall<Request, Response>
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

/** A connection to an aggregator. It is made on the first call and made again by itself when it breaks. */
export interface Connection {
  readonly ingest: Calls<IngestMethods>;
  readonly query: Calls<QueryMethods>;
  readonly policy: Calls<PolicyMethods>;
  readonly alias: Calls<AliasMethods>;
  /** Ends the connection; calls under way fail as cancelled. */
  close(): void;
}

/** The largest request that an aggregator takes, in bytes: a bound on what one request may cost it in memory. */
export const maxRequestBytes = 16 * 1024 * 1024;

/** The largest response that a client takes, in bytes: some million edges. */
const maxResponseBytes = 512 * 1024 * 1024;

function callsOf<Methods>(client: Client, service: string): Calls<Methods> {
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
  return calls as Calls<Methods>;
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
  return {
    ingest: callsOf(client, 'weir.v1.IngestService'),
    query: callsOf(client, 'weir.v1.QueryService'),
    policy: callsOf(client, 'weir.v1.PolicyService'),
    alias: callsOf(client, 'weir.v1.AliasService'),
    close: () => client.close(),
  };
}

export type IngestHandlers = Handlers<IngestMethods>;
export type QueryHandlers = Handlers<QueryMethods>;
export type PolicyHandlers = Handlers<PolicyMethods>;
export type AliasHandlers = Handlers<AliasMethods>;

export function addIngestService(server: Server, handlers: IngestHandlers): void {
  server.addService(methodsOf('weir.v1.IngestService'), { ...handlers });
}

export function addQueryService(server: Server, handlers: QueryHandlers): void {
  server.addService(methodsOf('weir.v1.QueryService'), { ...handlers });
}

export function addPolicyService(server: Server, handlers: PolicyHandlers): void {
  server.addService(methodsOf('weir.v1.PolicyService'), { ...handlers });
}

export function addAliasService(server: Server, handlers: AliasHandlers): void {
  server.addService(methodsOf('weir.v1.AliasService'), { ...handlers });
}
