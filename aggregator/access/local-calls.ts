import { randomUUID } from 'node:crypto';
import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

const key = 'weir-local';
/** Known to this process only, so that no caller can say it. */
const mark = randomUUID();

/** Marks calls by addresses where whoever can call may do everything. */
export const markLocal: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata: (metadata, pass) => {
          metadata.set(key, mark);
          pass(metadata);
        },
      }),
  });

export function isLocal(metadata: Metadata): boolean {
  return metadata.get(key)[0] === mark;
}
