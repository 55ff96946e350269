import type { IncomingMessage, ServerResponse } from 'node:http';
import { WeirError } from '../../../core/errors.ts';
import type { Milliseconds } from '../../../core/time.ts';
import { messageFromJson } from '../../../proto/json.ts';
import { callerOfRequest } from '../../access/caller.ts';
import type { Gate } from '../../access/user-gate.ts';
import type { FaultReport } from '../faults.ts';
import type { ApiHandlers } from '../handlers.ts';
import { describeApi } from '../openapi.ts';
import { BodyReader, parseJson } from './body.ts';
import { EventStream } from './event-stream.ts';
import { sendFault, sendJson } from './json-reply.ts';
import { allRoutes, type Route } from './routes.ts';

export interface JsonApiOptions {
  readonly handlers: ApiHandlers;
  readonly report: FaultReport;
  /** Stands before the handlers. */
  readonly gate: Gate;
  readonly maxRequestBytes: number;
  /** Of all requests that are read at the same time. */
  readonly maxTotalRequestBytes: number;
  readonly maxAnswerBytes: number;
  /** How many callers may have a stream open. */
  readonly maxStreams: number;
  readonly heartbeatMs: Milliseconds;
}

const descriptionPath = 'openapi.json';

/** The services as JSON over HTTP: calls by POST, streams as server-sent events by GET. */
export class JsonApi {
  readonly #options: JsonApiOptions;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #description: unknown;
  readonly #bodies: BodyReader;
  #streams = 0;

  constructor(options: JsonApiOptions) {
    this.#options = options;
    const routes = allRoutes(options.handlers);
    this.#routes = new Map(routes.map((route) => [route.path, route]));
    this.#description = describeApi(routes);
    this.#bodies = new BodyReader(options.maxRequestBytes, options.maxTotalRequestBytes);
  }

  /** @param path below the API's root */
  async answer(request: IncomingMessage, response: ServerResponse, path: string, query: URLSearchParams) {
    const route = this.#routes.get(path);
    if (path !== descriptionPath && route === undefined) throw this.#unknown(path);
    const allowed = route?.shape === 'unary' ? ['POST'] : ['GET', 'HEAD'];
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { allow: [...allowed, 'OPTIONS'].join(', ') }).end();
    } else if (!allowed.includes(request.method ?? '')) {
      const error = new WeirError('HTTP_METHOD', `use ${allowed.join(' or ')} here`);
      await sendFault(request, response, error, { allow: [...allowed, 'OPTIONS'].join(', ') });
    } else if (route === undefined) {
      await sendJson(request, response, this.#description, this.#options.maxAnswerBytes);
    } else if (route.shape === 'unary') {
      const message = messageFromJson(route.request, await this.#bodies.readJson(request));
      await sendJson(request, response, await this.#call(route, message, request), this.#options.maxAnswerBytes);
    } else {
      await this.#stream(request, response, route, query);
    }
  }

  async #call(route: Route & { shape: 'unary' }, message: unknown, request: IncomingMessage): Promise<unknown> {
    try {
      return await this.#options.gate.unary(route.path, route.handler, message, callerOfRequest(request));
    } catch (error) {
      this.#options.report(route.path, error);
      throw error;
    }
  }

  async #stream(
    request: IncomingMessage,
    response: ServerResponse,
    route: Route & { shape: 'stream' },
    query: URLSearchParams,
  ): Promise<void> {
    const { maxStreams, heartbeatMs, report, gate } = this.#options;
    const message = streamRequest(route, query, request.headers['last-event-id']);
    if (request.method === 'HEAD') {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).end();
      return;
    }
    if (this.#streams >= maxStreams) {
      throw new WeirError('TOO_MANY', `${maxStreams} streams are open; close one, or try again later`);
    }
    this.#streams++;
    response.once('close', () => this.#streams--);
    const stream = new EventStream(response, heartbeatMs);
    try {
      await gate.stream(route.path, route.handler, message, stream, callerOfRequest(request));
    } catch (error) {
      report(route.path, error);
      if (!response.headersSent) throw error;
      stream.fail(error);
    }
  }

  #unknown(path: string): WeirError {
    const what = `api/v1/${path.slice(0, 80)}; api/v1/${descriptionPath} describes those that there are`;
    return new WeirError('METHOD_UNKNOWN', what);
  }
}

/** The request of a stream, which goes on behind the last event that a browser says it got. @throws WeirError */
function streamRequest(route: Route, query: URLSearchParams, lastEventId: string | string[] | undefined): unknown {
  const unknown = [...query.keys()].find((name) => name !== 'request');
  if (unknown !== undefined) {
    throw new WeirError('REQUEST_INVALID', `${unknown.slice(0, 64)}: no such parameter; there is request`);
  }
  const message = messageFromJson(route.request, parseJson(query.get('request') ?? '{}', 'request'), 'request');
  if (typeof lastEventId !== 'string' || lastEventId === '' || !('resumeToken' in message)) return message;
  return { ...message, resumeToken: lastEventId };
}
