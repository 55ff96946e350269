import t from 'tap';
import type { Coverage } from '../../core/coverage.ts';
import type { Controller } from '../../core/kubernetes.ts';
import { parseManifests, snapshotOf } from '../../core/manifest.ts';
import { completenessOf, lengthText } from '../../policy/replay/completeness.ts';
import { dueWithin } from '../../policy/replay/schedule.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** A Monday. */
const start = Date.UTC(2026, 0, 5);
const everywhere = { namespace: null, workload: null };

function coverage(length: number, change: Partial<Coverage> = {}): Coverage {
  const span = { firstUnixMs: start, lastUnixMs: start + length };
  return { windows: 100, incompleteWindows: 0, losses: {}, span, nodesWithoutAgent: [], ...change };
}

function cronJob(schedule: string, more: object = {}, namespace = 'shop'): Controller {
  const object = { kind: 'CronJob', metadata: { name: 'report', namespace }, spec: { schedule, ...more } };
  const { objects } = parseManifests(JSON.stringify(object), 'cron');
  return snapshotOf(objects.map((each) => each.object)).controllers[0] as Controller;
}

function reasons(
  given: Coverage,
  controllers: readonly Controller[] = [],
  rangeStart: number | null = null,
  rangeEnd = Number.MAX_SAFE_INTEGER,
) {
  const range = rangeStart === null ? null : { startUnixMs: rangeStart, endUnixMs: rangeEnd };
  return completenessOf({ coverage: given, range, scope: everywhere, controllers }).reasons;
}

t.test('a day without gaps on all nodes is complete', (t) => {
  const whole = { coverage: coverage(day), range: null, scope: everywhere, controllers: [] };
  t.same(completenessOf(whole), { complete: true, reasons: [] });
  t.end();
});

t.test('what is missing is said in words', (t) => {
  t.same(reasons(coverage(0, { span: null })), ['nothing was recorded in this time']);
  t.same(reasons(coverage(5 * hour)), ['only 5 h were watched; 12 h show what a day holds']);
  t.same(reasons(coverage(day, { incompleteWindows: 3, losses: { 'kernel-map': 7 } })), [
    'events were lost in 3 of 100 windows (kernel-map 7)',
  ]);
  t.same(reasons(coverage(day, { nodesWithoutAgent: ['n2', 'n3'] })), ['no agent reports for n2, n3']);
  t.same(reasons(coverage(day), [], start - 6 * day), [
    'nothing is known of the first 6 d of the time that was asked for',
  ]);
  t.same(reasons(coverage(day), [], start, start + 3 * day), [
    'nothing is known of the last 2 d of the time that was asked for',
  ]);
  t.same(reasons(coverage(day), [], start, start + day + 20_000), [], 'the last window may be under way');
  t.end();
});

t.test('a CronJob that was not due while it was watched is named', (t) => {
  const sunday = cronJob('0 3 * * 0');
  t.match(reasons(coverage(2 * day), [sunday]), [/^CronJob shop\/report was not due \(0 3 \* \* 0\)/]);
  t.same(reasons(coverage(7 * day), [sunday]), []);
  t.match(reasons(coverage(day), [cronJob('@hourly', { suspend: true })]), [/shop\/report is suspended/]);
  t.match(reasons(coverage(day), [cronJob('every day')]), [/cannot be read \(every day\)/]);
  t.end();
});

t.test('a CronJob outside the scope does not matter', (t) => {
  const scope = { namespace: 'shop', workload: null };
  const controllers = [cronJob('0 3 * * 0', {}, 'blue')];
  t.ok(completenessOf({ coverage: coverage(day), range: null, scope, controllers }).complete);
  t.end();
});

t.test('schedules are read as Kubernetes reads them', (t) => {
  const due = (cron: string, length: number, timeZone: string | null = null) =>
    dueWithin({ cron, timeZone, suspended: false }, { startUnixMs: start, endUnixMs: start + length });
  t.equal(due('0 0 * * *', hour), 'due', 'the first moment counts');
  t.equal(due('0 1 * * *', hour), 'not-due', 'the last does not');
  t.equal(due('30 0 * * 1-5', hour), 'due');
  t.equal(due('0 9 * * *', hour, 'Asia/Tokyo'), 'due', 'midnight in UTC is nine in Tokyo');
  t.equal(due('@daily', hour), 'due');
  t.equal(due('@every 2h', hour), 'not-due');
  t.equal(due('@every 90m', 2 * hour), 'due');
  t.equal(due('0 0 30 2 *', 900 * day), 'not-due', 'a day that never comes');
  t.equal(due('* * * *', hour), 'unreadable');
  t.equal(due('* * * * * *', hour), 'unreadable', 'no seconds');
  t.equal(due('0 9 * * *', hour, 'Mars/Olympus'), 'unreadable');
  t.end();
});

t.test('lengths of time are short to read', (t) => {
  t.same([0, 59_000, 61 * 60_000, 2 * hour, 26 * hour, 3 * day].map(lengthText), [
    '0 min',
    '0 min',
    '1 h 1 min',
    '2 h',
    '1 d 2 h',
    '3 d',
  ]);
  t.end();
});
