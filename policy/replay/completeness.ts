import type { Coverage } from '../../core/coverage.ts';
import type { Controller } from '../../core/kubernetes.ts';
import { compareText } from '../../core/order.ts';
import { entityInScope, type Scope } from '../../core/scope.ts';
import type { Milliseconds, Window } from '../../core/time.ts';
import { dueWithin } from './schedule.ts';

/** Whether what was seen can stand for all there is, and if not, what is missing, as sentences without a full stop. */
export interface Completeness {
  readonly complete: boolean;
  readonly reasons: readonly string[];
}

export interface CompletenessInput {
  readonly coverage: Coverage;
  /** The span of time that was asked for; null for all that is kept. */
  readonly range: Window | null;
  readonly scope: Scope;
  readonly controllers: readonly Controller[];
}

const minute: Milliseconds = 60_000;
const hour = 60 * minute;
/** Less than this does not show what a day holds. */
const leastWatched = 12 * hour;
/** A window is known some time after its end. */
const lag = minute;
/** How many names a sentence lists. */
const maxListed = 10;

/** `3 d 4 h`, `5 h 20 min`, `0 min`. */
export function lengthText(length: Milliseconds): string {
  const [days, hours, minutes] = [length / (24 * hour), (length / hour) % 24, (length / minute) % 60].map(Math.floor);
  if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  return `${minutes} min`;
}

function listed(names: readonly string[]): string {
  const more = names.length - maxListed;
  return `${names.slice(0, maxListed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function gaps({ coverage, range }: CompletenessInput, { startUnixMs, endUnixMs }: Window): string[] {
  const { windows, incompleteWindows, losses, nodesWithoutAgent } = coverage;
  const reasons: string[] = [];
  const watched = endUnixMs - startUnixMs;
  if (range !== null && range.startUnixMs < startUnixMs && range.startUnixMs > 0) {
    const missing = lengthText(startUnixMs - range.startUnixMs);
    reasons.push(`nothing is known of the first ${missing} of the time that was asked for`);
  }
  if (range !== null && range.endUnixMs < Number.MAX_SAFE_INTEGER && range.endUnixMs - endUnixMs > lag) {
    const missing = lengthText(range.endUnixMs - endUnixMs);
    reasons.push(`nothing is known of the last ${missing} of the time that was asked for`);
  }
  if (watched < leastWatched) {
    reasons.push(`only ${lengthText(watched)} were watched; ${lengthText(leastWatched)} show what a day holds`);
  }
  const lost = Object.entries(losses).filter(([, events]) => events > 0);
  if (lost.length > 0 || incompleteWindows > 0) {
    const where = lost.map(([stage, events]) => `${stage} ${events}`).sort(compareText);
    const detail = where.length > 0 ? ` (${listed(where)})` : '';
    reasons.push(`events were lost in ${incompleteWindows} of ${windows} windows${detail}`);
  }
  if (nodesWithoutAgent.length > 0) reasons.push(`no agent reports for ${listed(nodesWithoutAgent)}`);
  return reasons;
}

function unseenSchedules({ scope, controllers }: CompletenessInput, watched: Window): string[] {
  const reasons: string[] = [];
  for (const { kind, metadata, schedule } of controllers) {
    const { namespace, name } = metadata;
    if (schedule === null || !entityInScope(scope, { type: 'workload', namespace, kind, name })) continue;
    const due = dueWithin(schedule, watched);
    if (due === 'due' && !schedule.suspended) continue;
    const why = schedule.suspended
      ? 'is suspended'
      : due === 'unreadable'
        ? `has a schedule that cannot be read (${schedule.cron.slice(0, 80)})`
        : `was not due (${schedule.cron})`;
    reasons.push(`${kind} ${namespace}/${name} ${why} while it was watched: what it does may not have been seen`);
  }
  return reasons.sort(compareText);
}

/** Says what a judgement that rests on these observations cannot know of. */
export function completenessOf(input: CompletenessInput): Completeness {
  const { span } = input.coverage;
  if (span === null) return { complete: false, reasons: ['nothing was recorded in this time'] };
  const watched: Window = { startUnixMs: span.firstUnixMs, endUnixMs: span.lastUnixMs };
  const reasons = [...gaps(input, watched), ...unseenSchedules(input, watched)];
  return { complete: reasons.length === 0, reasons };
}
