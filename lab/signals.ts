/** The signals that ask a process to end; SIGHUP comes when its terminal is closed. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Aborts when the process is asked to end, and leaves the rest to whoever listens. */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of endings) {
    process.on(signal, () => controller.abort(new Error(`stopped by ${signal}`)));
  }
  return controller.signal;
}

/** Like `abortOnSignals`, but ends the process as the signal would have, once `stop` is done. */
export function exitingOnSignals(stop: () => Promise<void>): AbortSignal {
  const controller = new AbortController();
  const handlers = endings.map((signal) => {
    const handler = () => {
      controller.abort(new Error(`stopped by ${signal}`));
      void stop().finally(() => {
        for (const each of handlers) process.removeListener(each.signal, each.handler);
        process.kill(process.pid, signal);
      });
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  return controller.signal;
}

/** Waits for work, but no longer than until the signal aborts; what then becomes of the work is nobody's concern. */
export async function unlessAborted<T>(abort: AbortSignal, work: Promise<T>): Promise<T> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(abort.reason as Error);
    if (abort.aborted) onAbort();
    else abort.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    abort.removeEventListener('abort', onAbort);
  }
}
