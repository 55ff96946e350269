import type { handleUnaryCall } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { messageOf, WeirError } from '../../core/errors.ts';
import { serviceError } from './status.ts';

/** Makes a gRPC handler of a function from request to response; what it throws becomes the status of the call. */
export type UnaryWrapper = <Request, Response>(
  answer: (request: Request) => Response | Promise<Response>,
) => handleUnaryCall<Request, Response>;

export function unaryWrapper(log: Logger): UnaryWrapper {
  return (answer) => (call, callback) => {
    const run = async () => await answer(call.request);
    run().then(
      (response) => callback(null, response),
      (error: unknown) => {
        if (!(error instanceof WeirError)) {
          const stack = error instanceof Error ? error.stack : undefined;
          log.error({ method: call.getPath(), error: messageOf(error), stack }, 'call failed');
        }
        callback(serviceError(error));
      },
    );
  };
}
