import type protobuf from 'protobufjs';
import { serviceDefinition } from '../../../proto/definitions.ts';
import { serviceNames, type StreamHandler, type UnaryHandler } from '../../../proto/services.ts';
import { type ApiHandlers, apiKeys } from '../handlers.ts';

interface Described {
  /** Below the API's root, such as `query/listEdges`. */
  readonly path: string;
  readonly method: protobuf.Method;
  readonly request: protobuf.Type;
  readonly response: protobuf.Type;
}

/** A method as the HTTP API serves it. */
export type Route = Described &
  (
    | { readonly shape: 'unary'; readonly handler: UnaryHandler<unknown, unknown> }
    | { readonly shape: 'stream'; readonly handler: StreamHandler<unknown, unknown> }
  );

function camel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function routesOf(key: string, service: protobuf.Service, handlers: Readonly<Record<string, unknown>>): Route[] {
  return service.methodsArray.flatMap((method): Route[] => {
    const handler = handlers[camel(method.name)];
    const { resolvedRequestType: request, resolvedResponseType: response } = method;
    if (handler === undefined || request === null || response === null) return [];
    const described = { path: `${key}/${camel(method.name)}`, method, request, response };
    return method.responseStream === true
      ? [{ ...described, shape: 'stream', handler: handler as StreamHandler<unknown, unknown> }]
      : [{ ...described, shape: 'unary', handler: handler as UnaryHandler<unknown, unknown> }];
  });
}

/** Every method that has a handler, in the order of the definitions. */
export function allRoutes(handlers: ApiHandlers): readonly Route[] {
  return apiKeys.flatMap((key) => routesOf(key, serviceDefinition(serviceNames[key]), { ...handlers[key] }));
}
