import { Metadata, status } from '@grpc/grpc-js';
import { WeirError } from '../../core/errors.ts';
import { errorCodeKey } from '../../proto/error-code.ts';

/** The status of a failed call. */
export interface ServiceFault {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

/** How any error is answered over gRPC. What is not a WeirError is a fault of ours: its text stays in the log. */
export function serviceError(error: unknown): ServiceFault {
  const metadata = new Metadata();
  if (!(error instanceof WeirError)) {
    return { code: status.INTERNAL, details: 'internal error; the log of the aggregator says more', metadata };
  }
  metadata.set(errorCodeKey, error.code);
  const name = status[error.grpcStatus] as keyof typeof status;
  return { code: status[name], details: error.message, metadata };
}
