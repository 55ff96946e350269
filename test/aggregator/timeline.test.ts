import fc from 'fast-check';
import t from 'tap';
import { Timeline } from '../../aggregator/identity/timeline.ts';

const toleranceMs = 5;
const newTimeline = (maxEnded = 1_000) => new Timeline<string>({ toleranceMs, maxEnded });
const values = (timeline: Timeline<string>, unixMs: number) => timeline.at('k', unixMs).map(({ value }) => value);

t.test('a holder that comes back before anybody else has held the key all along', async (t) => {
  const timeline = newTimeline();
  timeline.hold('k', 'a', 0, 0);
  timeline.release('k', 'a', 10);
  timeline.hold('k', 'a', 20, 20);
  t.strictSame(values(timeline, 15), ['a']);
  timeline.release('k', 'a', 30);
  timeline.hold('k', 'b', 40, 40);
  timeline.release('k', 'b', 50);
  timeline.hold('k', 'a', 60, 60);
  t.strictSame(values(timeline, 45), ['b'], 'somebody else had it in between');
  t.strictSame(
    [55, 60].map((unixMs) => values(timeline, unixMs)),
    [[], ['a']],
  );
});

t.test('more than the bound are forgotten, the oldest first, and counted', async (t) => {
  const timeline = newTimeline(2);
  for (const [i, value] of ['a', 'b', 'c', 'd'].entries()) {
    timeline.hold('k', value, i * 10, i * 10);
    timeline.release('k', value, i * 10 + 9);
  }
  t.strictSame(
    [0, 10, 20, 30].map((unixMs) => values(timeline, unixMs)),
    [[], [], ['c'], ['d']],
  );
  t.equal(timeline.forgottenEarly, 2);
});

t.test('what has come back is not forgotten for having been gone', async (t) => {
  const timeline = newTimeline(1);
  timeline.hold('k', 'a', 0, 0);
  timeline.release('k', 'a', 10);
  timeline.hold('k', 'a', 11, 11);
  timeline.hold('x', 'b', 0, 0);
  timeline.release('x', 'b', 20);
  timeline.forget(1_000);
  t.strictSame(values(timeline, 5), ['a']);
  t.equal(timeline.forgottenEarly, 0);
});

/** What happens to one key: a holder comes or goes, after some time, or what is old is forgotten. */
const step = fc.record({
  afterMs: fc.nat(8),
  value: fc.constantFrom('a', 'b', 'c'),
  what: fc.constantFrom('hold', 'hold', 'release', 'release', 'forget'),
  madeBeforeMs: fc.nat(12),
});

interface Claim {
  readonly value: string;
  readonly from: number;
  until: number;
}

/** The same by brute force: every claim there ever was, in a list. */
class Oracle {
  claims: Claim[] = [];

  hold(value: string, madeMs: number): void {
    const last = this.claims.at(-1);
    if (last?.value === value) last.until = Infinity;
    const own = this.claims.filter((claim) => claim.value === value);
    if (own.some(({ until }) => until === Infinity)) return;
    this.claims.push({ value, from: Math.max(madeMs, ...own.map(({ until }) => until)), until: Infinity });
  }

  release(value: string, nowMs: number): void {
    for (const claim of this.claims) if (claim.value === value && claim.until === Infinity) claim.until = nowMs;
  }

  forget(beforeMs: number): void {
    this.claims = this.claims.filter(({ until }) => until >= beforeMs);
  }

  holder(moment: number): string | undefined {
    const holding = this.claims.filter(({ from, until }) => from <= moment && moment < until);
    if (holding.length > 0) return holding.length === 1 ? holding[0]?.value : 'duplicate';
    const next = this.claims.filter(({ from }) => from > moment && from - moment <= toleranceMs);
    const last = this.claims.filter(({ from, until }) => from <= moment && moment - until <= toleranceMs);
    const near = new Set([...next, ...last].map(({ value }) => value));
    return near.size > 1 ? 'duplicate' : [...near][0];
  }
}

t.test('at every moment it says what a list of all claims says', async () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const timeline = newTimeline();
      const oracle = new Oracle();
      let now = 100;
      for (const { afterMs, value, what, madeBeforeMs } of steps) {
        now += afterMs;
        if (what === 'hold') {
          timeline.hold('k', value, now - madeBeforeMs, now);
          oracle.hold(value, now - madeBeforeMs);
        } else if (what === 'release') {
          timeline.release('k', value, now);
          oracle.release(value, now);
        } else {
          timeline.forget(now - 40);
          oracle.forget(now - 40);
        }
        for (let moment = now - 45; moment <= now + 10; moment++) {
          const [said, expected] = [timeline.holder('k', moment), oracle.holder(moment)];
          if (said !== expected) throw new Error(`at ${moment}: ${said}, not ${expected}`);
        }
      }
    }),
    { seed: 11, numRuns: 2_000 },
  );
});
