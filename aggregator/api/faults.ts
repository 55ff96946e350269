import type { Logger } from 'pino';
import { messageOf, WeirError } from '../../core/errors.ts';

/** Told of every error that a call ended with. */
export type FaultReport = (method: string, error: unknown) => void;

/** Logs what is a fault of ours: callers are told of it without details. */
export function faultReport(log: Logger): FaultReport {
  return (method, error) => {
    if (error instanceof WeirError) return;
    const stack = error instanceof Error ? error.stack : undefined;
    log.error({ method, error: messageOf(error), stack }, 'call failed');
  };
}
