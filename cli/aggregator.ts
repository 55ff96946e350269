import { status, type ServiceError } from '@grpc/grpc-js';
import { type ErrorCode, WeirError } from '../core/errors.ts';
import { type Connection, connect } from '../proto/services.ts';

/** An unary call that takes longer has no answer any more. */
const callTimeoutMs = 60_000;

export function deadline(): { deadline: number } {
  return { deadline: Date.now() + callTimeoutMs };
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}

/** What a status of the aggregator means here; the message is the aggregator's own. */
const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [status.INVALID_ARGUMENT, 'QUERY_INVALID'],
  [status.NOT_FOUND, 'WORKLOAD_UNKNOWN'],
]);

/** The aggregator's answer no as an error of ours, with what to do about it. */
export function asWeirError(error: unknown, address: string): unknown {
  if (!isServiceError(error)) return error;
  if (error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED) {
    const what = `nothing answers at ${address}; start it, or name another with --aggregator or WEIR_AGGREGATOR`;
    return new WeirError('AGGREGATOR_UNREACHABLE', what, { cause: error });
  }
  return new AggregatorRefusal(codes.get(error.code) ?? 'STORE', error.details, error);
}

/** Carries the aggregator's message as it is: it says already what is wrong and what to do. */
class AggregatorRefusal extends WeirError {
  constructor(code: ErrorCode, details: string, cause: unknown) {
    super(code, details, { cause });
    this.message = details;
  }
}

/** Runs a command's work on a connection and closes it, whatever happens. */
export async function withAggregator<T>(address: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = connect(address);
  try {
    return await work(connection);
  } catch (error) {
    throw asWeirError(error, address);
  } finally {
    connection.close();
  }
}
