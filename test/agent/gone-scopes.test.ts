import t from 'tap';
import { GoneScopes } from '../../agent/source/gone-scopes.ts';
import type { Scope } from '../../agent/source/source.ts';
import { fakeClock } from './fake-clock.ts';

const pod: Scope = { type: 'namespace', cookie: 7n };
const link: Scope = { type: 'interface', ifindex: 7 };

t.test('what is gone is told so, and nothing else of the same number', async (t) => {
  const gone = new GoneScopes();
  t.equal(gone.has(pod), false);
  gone.add(pod);
  t.equal(gone.has({ type: 'namespace', cookie: 7n }), true);
  t.equal(gone.has(link), false);
  t.equal(gone.has({ type: 'namespace', cookie: 8n }), false);
});

t.test('an index that is used again is there again', async (t) => {
  const gone = new GoneScopes();
  gone.add(link);
  gone.add(pod);
  gone.back(link);
  t.equal(gone.has(link), false);
  t.equal(gone.has(pod), true);
});

t.test('what is gone stays so while its sockets may still close, and is forgotten then', async (t) => {
  const clock = fakeClock(t);
  const gone = new GoneScopes();
  gone.add(pod);
  clock.advance(60_000);
  gone.add(link);
  gone.forget();
  t.same([gone.has(pod), gone.has(link)], [true, true]);
  clock.advance(60_001);
  gone.forget();
  t.same([gone.has(pod), gone.has(link)], [false, true]);
  gone.add(link);
  clock.advance(119_000);
  gone.forget();
  t.equal(gone.has(link), true, 'what is told again lingers again');
});
