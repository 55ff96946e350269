import type { IngestHandlers } from '../../proto/services.ts';
import { serviceError } from '../api/status.ts';
import type { Ingest } from './ingest.ts';

/** The gRPC side of ingest. */
export function ingestHandlers(ingest: Ingest): IngestHandlers {
  return {
    push: (call) => {
      const session = ingest.accept({
        write: (response) => call.write(response),
        fail: (error) => call.emit('error', serviceError(error)),
        pause: () => call.pause(),
        resume: () => call.resume(),
      });
      call.on('drain', () => session.drained());
      call.on('data', (request) => session.receive(request));
      call.on('end', () => {
        session.closed();
        call.end();
      });
      call.on('cancelled', () => session.closed());
      call.on('error', () => session.closed());
    },
  };
}
