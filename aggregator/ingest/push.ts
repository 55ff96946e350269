import type { IngestHandlers } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { serviceError } from '../api/status.ts';
import type { Ingest } from './ingest.ts';
import type { Session } from './session.ts';

/**
 * The gRPC side of ingest. @param ingestOf takes in what the agents of a cluster send; throws a WeirError for one that
 * is not served. Null stands for an agent that does not say
 */
export function ingestHandlers(ingestOf: (cluster: string | null) => Ingest): IngestHandlers {
  return {
    push: (call) => {
      let session: Session | null = null;
      let isRefused = false;
      const fail = (error: unknown) => void call.emit('error', serviceError(error));
      /** Whose stream it is is known from the first message on. */
      const open = (request: wire.PushRequest): Session =>
        ingestOf(request.frame === 'hello' ? request.hello.cluster : null).accept({
          write: (response) => call.write(response),
          fail,
          pause: () => call.pause(),
          resume: () => call.resume(),
        });
      call.on('data', (request) => {
        if (isRefused) return;
        try {
          session ??= open(request);
          session.receive(request);
        } catch (error) {
          isRefused = true;
          fail(error);
        }
      });
      call.on('drain', () => session?.drained());
      call.on('end', () => {
        session?.closed();
        call.end();
      });
      call.on('cancelled', () => session?.closed());
      call.on('error', () => session?.closed());
    },
  };
}
