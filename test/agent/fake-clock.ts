import type { Test } from 'tap';

/** What performance.now() says for the length of a test: it stands still until it is told to go on. */
export function fakeClock(t: Test): { advance(ms: number): void } {
  let now = 1000;
  Object.defineProperty(performance, 'now', { configurable: true, value: () => now });
  t.teardown(() => Reflect.deleteProperty(performance, 'now'));
  return {
    advance(ms) {
      now += ms;
    },
  };
}
