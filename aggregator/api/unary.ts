import type { UnaryHandler } from '../../proto/services.ts';

/** Types a function as the handler of a unary method. */
export type UnaryWrapper = <Request, Response>(
  answer: (request: Request) => Response | Promise<Response>,
) => UnaryHandler<Request, Response>;
