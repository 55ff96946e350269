import { Cron } from 'croner';
import type { Schedule } from '../../core/kubernetes.ts';
import { type Milliseconds, parseDuration, type Window } from '../../core/time.ts';

/** Whether a schedule was due in a span of time; `unreadable` where nobody can tell. */
export type Due = 'due' | 'not-due' | 'unreadable';

/** `@every` counts from when the controller last looked, so it is due in any span that is as long. */
function isDueEvery(every: Milliseconds, { startUnixMs, endUnixMs }: Window): boolean {
  return endUnixMs - startUnixMs >= every;
}

/** Whether a CronJob was to start a Job between two moments (https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/). */
export function dueWithin({ cron, timeZone }: Schedule, window: Window): Due {
  const every = /^@every (.+)$/.exec(cron.trim())?.[1];
  if (every !== undefined) {
    const length = parseDuration(every);
    if (length === null) return 'unreadable';
    return isDueEvery(length, window) ? 'due' : 'not-due';
  }
  try {
    const schedule = new Cron(cron, { timezone: timeZone ?? 'UTC', mode: '5-part' });
    // The next run is looked for behind the moment that is given.
    const next = schedule.nextRun(new Date(window.startUnixMs - 1));
    return next !== null && next.getTime() < window.endUnixMs ? 'due' : 'not-due';
  } catch {
    return 'unreadable';
  }
}
