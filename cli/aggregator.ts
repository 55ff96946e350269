import { status, type ServiceError } from '@grpc/grpc-js';
import { type ErrorCode, errorTable, WeirError } from '../core/errors.ts';
import { errorCodeKey } from '../proto/error-code.ts';
import type { Connection } from '../proto/services.ts';
import { openTarget } from './open-target.ts';
import type { Target } from './target.ts';

/** An unary call that takes longer has no answer any more. */
const callTimeoutMs = 60_000;

export function deadline(): { deadline: number } {
  return { deadline: Date.now() + callTimeoutMs };
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}

/** The aggregator's own code for what went wrong; null when the error is gRPC's. */
function codeOf(error: ServiceError): ErrorCode | null {
  const code = String(error.metadata.get(errorCodeKey)[0] ?? '');
  return Object.hasOwn(errorTable, code) ? (code as ErrorCode) : null;
}

/** A failed call as an error of ours: what the aggregator said, or what to do when it said nothing. */
export function asWeirError(error: unknown, address: string): unknown {
  if (!isServiceError(error)) return error;
  const code = codeOf(error);
  if (code !== null) return new AggregatorRefusal(code, error.details, error);
  if (error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED) {
    const what = `nothing answers at ${address}${reasonOf(error)}; start it, or name another with --aggregator or WEIR_AGGREGATOR`;
    return new WeirError('AGGREGATOR_UNREACHABLE', what, { cause: error });
  }
  return new WeirError('AGGREGATOR_UNREACHABLE', `${address} failed the call: ${error.details}`, { cause: error });
}

/** What TLS says against the other side is worth more than that it does not answer. */
function reasonOf({ details }: ServiceError): string {
  return /certificate|self-signed|altnames|SSL|TLS/i.test(details) ? ` as it should (${details})` : '';
}

/** Carries the aggregator's message as it is: it says already what is wrong and what to do. */
class AggregatorRefusal extends WeirError {
  constructor(code: ErrorCode, details: string, cause: unknown) {
    super(code, details, { cause });
    this.message = details;
  }
}

/** Runs a command's work on a connection and closes it, whatever happens. */
export async function withAggregator<T>(target: Target, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await openTarget(target);
  try {
    return await work(connection);
  } catch (error) {
    throw asWeirError(error, target.aggregator);
  } finally {
    connection.close();
  }
}
