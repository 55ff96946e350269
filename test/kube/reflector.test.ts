import t from 'tap';
import { KubeApi } from '../../lab/kube-api/server.ts';
import { podOf } from './objects.ts';
import { Reflecting } from './reflecting.ts';

t.test('what there is is listed, and what changes is told', async (t) => {
  const on = await Reflecting.start(t, { prepare: ({ store }) => void store.set(podOf('a')) });
  await on.until(() => on.lists === 1);
  t.strictSame(on.names, ['a']);
  await on.watching();
  on.api.store.set(podOf('b'));
  on.api.store.set(podOf('a', { nodeName: 'n1' }));
  await on.until(() => on.state.get('shop/a')?.spec.nodeName === 'n1');
  t.strictSame(on.names, ['a', 'b']);
  on.api.store.delete(podOf('a'));
  await on.until(() => on.names.length === 1);
  t.strictSame(on.names, ['b']);
  t.match(on.reflector.status, { synced: true, absent: false, failing: null, counts: { events: 3, lists: 1 } });
  t.match(on.api.requests.at(-1), /allowWatchBookmarks=true/);
});

t.test('a large collection comes in pages', async (t) => {
  const on = await Reflecting.start(t, {
    prepare: ({ store }) => {
      for (let i = 0; i < 241; i++) store.set(podOf(`p${i}`));
    },
  });
  await on.until(() => on.lists === 1);
  t.equal(on.state.size, 241);
  t.equal(on.api.requests.filter((each) => each.includes('limit=100')).length, 3);
});

t.test('a watch that is cut goes on where it was, without another list', async (t) => {
  const on = await Reflecting.start(t);
  await on.watching();
  on.api.store.set(podOf('a'));
  await on.until(() => on.names.length === 1);
  on.pace.hold();
  on.api.disconnect();
  on.api.store.set(podOf('while-away'));
  on.api.store.delete(podOf('a'));
  on.pace.release();
  await on.until(() => on.names.includes('while-away') && on.names.length === 1);
  t.equal(on.lists, 1);
  t.match(on.reflector.status, { failing: null, counts: { broken: 1, expired: 0 } });
});

t.test('a watch that ends in the middle of a line loses nothing', async (t) => {
  const on = await Reflecting.start(t);
  await on.watching();
  on.api.truncateWatches();
  on.api.store.set(podOf('after'));
  await on.until(() => on.names.includes('after'));
  t.strictSame(on.names, ['after']);
  t.match(on.reflector.status.counts, { broken: 1, lists: 1 });
});

t.test('a version that is forgotten leads to a list, which tells what is gone meanwhile', async (t) => {
  const on = await Reflecting.start(t, {
    prepare: ({ store }) => {
      for (const name of ['stays', 'goes', 'changes']) store.set(podOf(name));
    },
  });
  await on.until(() => on.lists === 1);
  await on.watching();
  const before = on.changes.length;
  await on.api.refuse();
  on.api.store.delete(podOf('goes'));
  on.api.store.set(podOf('changes', { nodeName: 'n1' }));
  on.api.store.set(podOf('new'));
  on.api.store.compact();
  await on.api.accept();
  await on.until(() => on.lists === 2);
  t.strictSame(on.names, ['changes', 'new', 'stays']);
  t.strictSame(
    on.changes.slice(before).map(({ key }) => key),
    ['shop/changes', 'shop/new', 'shop/goes'],
    'what has not changed is not told again',
  );
  t.equal(on.reflector.status.counts.expired, 1);
});

t.test('a server that was set back to an earlier state is listed anew', async (t) => {
  const on = await Reflecting.start(t, {
    api: { firstVersion: 1_000_000 },
    prepare: ({ store }) => void store.set(podOf('made-since')),
  });
  await on.watching();
  await on.api.refuse();
  const { port } = new URL(on.api.url);
  const restored = await KubeApi.start({ port: Number(port), firstVersion: 1_000 });
  t.teardown(() => restored.close());
  restored.store.set(podOf('of-the-backup'));
  await on.until(() => on.lists === 2);
  t.strictSame(on.names, ['of-the-backup']);
});

t.test('a watch is refused with the HTTP status 410 too', async (t) => {
  const on = await Reflecting.start(t, {
    prepare: ({ faults }) => faults.plan({ type: 'status', code: 410 }, 2, ({ isWatch }) => isWatch),
  });
  await on.until(() => on.lists === 3);
  await on.watching();
  t.match(on.reflector.status, { failing: null, counts: { expired: 2 } });
  t.ok((on.pace.slept[1] ?? 0) > (on.pace.slept[0] ?? 0), 'with a longer pause each time');
});

t.test('a list of which the rest expired is gone on with, and nothing is missing in the end', async (t) => {
  const on = await Reflecting.start(t, {
    prepare: (api) => {
      for (let i = 0; i < 1_200; i++) api.store.set(podOf(`p${String(i).padStart(4, '0')}`));
      // While the second page is asked for, what is in the first and in the last changes, and history is forgotten.
      api.faults.plan({ type: 'slow', ms: 1 }, 1, () => {
        if (api.requests.length !== 2) return false;
        api.store.delete(podOf('p0001'));
        api.store.delete(podOf('p1100'));
        api.store.set(podOf('p1199-new'));
        api.store.compact();
        return true;
      });
    },
  });
  await on.until(() => on.lists > 0 && on.state.size === 1_199);
  t.notOk(on.state.has('shop/p0001'));
  t.notOk(on.state.has('shop/p1100'));
  t.ok(on.state.has('shop/p1199-new'));
});

t.test('a page that fails is asked for again, not the whole list', async (t) => {
  const on = await Reflecting.start(t, {
    prepare: (api) => {
      for (let i = 0; i < 1_001; i++) api.store.set(podOf(`p${i}`));
      api.faults.plan({ type: 'status', code: 503 }, 2, () => api.requests.length >= 3);
    },
  });
  await on.until(() => on.lists === 1);
  t.equal(on.state.size, 1_001);
  t.equal(on.api.requests.filter((each) => !each.includes('watch') && !each.includes('continue')).length, 1);
  t.match(on.reflector.status.failing, null);
});

t.test('429 is obeyed', async (t) => {
  const on = await Reflecting.start(t, {
    prepare: ({ faults }) => faults.plan({ type: 'status', code: 429, retryAfterSeconds: 17 }),
  });
  await on.until(() => on.lists === 1);
  t.equal(on.pace.slept[0], 17_000);
});

t.test('while a server fails it is asked ever less often, and at last as often as twice a minute', async (t) => {
  const on = await Reflecting.start(t, {
    prepare: ({ faults }) => faults.plan({ type: 'status', code: 500 }, 9),
  });
  await on.until(() => on.lists === 1);
  t.strictSame(on.pace.slept.slice(0, 9), [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  t.equal(on.reflector.status.failing, null);
  t.equal(on.reflector.status.counts.failures, 9);
});

t.test('the last state stands through an outage, which is told with its beginning', async (t) => {
  const on = await Reflecting.start(t, { prepare: ({ store }) => void store.set(podOf('a')) });
  await on.watching();
  await on.api.refuse();
  await on.until(() => on.reflector.status.failing !== null);
  const { failing } = on.reflector.status;
  t.match(failing, { message: /connect ECONNREFUSED/ });
  t.strictSame(on.names, ['a']);
  t.ok(on.reflector.status.synced);
  await on.api.accept();
  on.api.store.set(podOf('b'));
  await on.until(() => on.names.length === 2);
  t.equal(on.reflector.status.failing, null);
  t.equal(on.lists, 1, 'no list was needed');
});

t.test('answers that are none are failures, and are got over', async (t) => {
  const on = await Reflecting.start(t, {
    prepare: ({ faults }) => {
      faults.plan({ type: 'garbage' });
      faults.plan({ type: 'cut' });
      faults.plan({ type: 'hang' });
      faults.plan({ type: 'garbage' }, 1, ({ isWatch }) => isWatch);
    },
    client: { idleMs: 50 },
  });
  const told = new Set<string>();
  await on.until(() => {
    told.add(on.reflector.status.failing?.message ?? '');
    return on.lists === 1;
  });
  t.match([...told].join('\n'), /is no JSON; is this a Kubernetes API\?/);
  t.match([...told].join('\n'), /nothing came for 0.05 s/);
  on.api.store.set(podOf('a'));
  await on.until(() => on.names.length === 1);
  t.equal(on.reflector.status.failing, null);
});

t.test('a slow answer is waited for', async (t) => {
  const on = await Reflecting.start(t, { prepare: ({ faults }) => faults.plan({ type: 'slow', ms: 100 }) });
  await on.until(() => on.lists === 1);
  t.strictSame(on.pace.slept, []);
});

t.test('what keeps a client out is named, with what to do', async (t) => {
  const on = await Reflecting.start(t, { api: { token: 'right' } });
  await on.until(() => on.reflector.status.failing !== null);
  t.match(on.reflector.status.failing?.message, /answered 401: Unauthorized; the token .* is not accepted/);
  on.api.gate.token = null;
  on.api.gate.denied.add('list pods');
  const message = () => on.reflector.status.failing?.message ?? '';
  await on.until(() => message().includes('403'));
  t.match(message(), /cannot list resource "pods".*; its ClusterRole needs the verbs get, list and watch on pods/);
  on.api.gate.denied.clear();
  on.api.gate.denied.add('watch pods');
  await on.until(() => on.lists === 1);
  await on.until(() => message().includes('cannot watch'));
  on.api.gate.denied.clear();
  await on.until(() => on.reflector.status.failing === null);
});

const cilium = {
  name: 'ciliumnetworkpolicies.cilium.io',
  path: '/apis/cilium.io/v2/ciliumnetworkpolicies',
  optional: true,
};
const policy = {
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { name: 'p', namespace: 'shop' },
  spec: {},
};

t.test('a kind that is not installed is no failure, and is found once it is', async (t) => {
  const on = await Reflecting.start(t, { resource: cilium });
  await on.until(() => on.lists === 1);
  t.match(on.reflector.status, { synced: true, absent: true, failing: null });
  t.ok((on.pace.slept[0] ?? 0) >= 150_000, 'it is asked for rarely');
  on.api.store.set(policy);
  on.api.install('cilium.io/v2');
  await on.until(() => on.names.length === 1);
  t.match(on.reflector.status, { synced: true, absent: false });
  on.api.install();
  await on.until(() => on.reflector.status.absent && on.names.length === 0);
});

t.test('a resource that every cluster has is missing only where there is no Kubernetes API', async (t) => {
  const on = await Reflecting.start(t, { resource: { path: '/elsewhere/pods' } });
  await on.until(() => on.reflector.status.failing !== null);
  t.match(on.reflector.status.failing?.message, /404; is this the address of a Kubernetes API\?/);
  t.notOk(on.reflector.status.synced);
});

t.test('an object that cannot be read is named and counted, and the others are there', async (t) => {
  const on = await Reflecting.start(t, {
    prepare: ({ store }) => {
      store.set(podOf('good'));
      store.set(podOf('bad', { broken: true }));
    },
  });
  await on.watching();
  t.strictSame(on.names, ['good']);
  t.match(on.reflector.status, { problems: ['shop/bad: spec.broken: is true'], counts: { unreadable: 1 } });
  on.api.store.set(podOf('bad'));
  await on.until(() => on.names.length === 2);
  t.match(on.reflector.status, { problems: [], counts: { unreadable: 0 } });
  on.api.store.set(podOf('good', { broken: true }));
  await on.until(() => on.names.length === 1);
  t.strictSame(on.names, ['bad'], 'what it was before is not what it is now');
  on.api.store.delete(podOf('good'));
  on.api.store.set(podOf('last'));
  await on.until(() => on.names.includes('last'));
  t.equal(on.reflector.status.counts.unreadable, 0, 'what is gone is no problem');
});

t.test('an ERROR in a watch that is not 410 leads to a list too', async (t) => {
  const on = await Reflecting.start(t);
  await on.watching();
  on.api.sendRaw({ type: 'ERROR', object: { kind: 'Status', code: 500, message: 'etcd lost its mind' } });
  await on.until(() => on.lists === 2);
  t.equal(on.reflector.status.counts.failures, 1);
});

t.test('bookmarks move the version on, so that a quiet watch does not become too old', async (t) => {
  const on = await Reflecting.start(t, { api: { bookmarkEveryMs: 5 } });
  await on.watching();
  on.api.store.compact();
  const version = String(on.api.store.version);
  const goesOn = () => on.api.requests.some((each) => each.includes(`resourceVersion=${version}`));
  while (!goesOn()) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    on.api.disconnect();
  }
  t.equal(on.lists, 1);
  t.equal(on.reflector.status.counts.expired, 0);
});

t.test('a list from the cache is asked for once, and only where it is allowed', async (t) => {
  const on = await Reflecting.start(t, { resource: { fromCache: true, fieldSelector: 'spec.nodeName=n1' } });
  await on.watching();
  t.match(on.api.requests[0], /fieldSelector=spec.nodeName%3Dn1/);
  t.match(on.api.requests[0], /resourceVersion=0/);
  t.match(on.api.requests[1], /fieldSelector=spec.nodeName%3Dn1/);
  on.api.store.compact();
  on.api.disconnect();
  await on.until(() => on.lists === 2);
  const lists = on.api.requests.filter((each) => !each.includes('watch'));
  t.notMatch(lists[1], /resourceVersion/, 'what is too old is not asked of the cache again');
});

t.test('a line that is too long is a failure, not memory', async (t) => {
  const on = await Reflecting.start(t, { client: { maxLineBytes: 10_000 } });
  await on.watching();
  on.api.sendRaw({ type: 'ADDED', object: podOf('large', { filler: 'x'.repeat(20_000) }) });
  on.api.store.set(podOf('next'));
  await on.until(() => on.names.includes('next'));
  t.notOk(on.names.includes('large'));
  t.equal(on.reflector.status.counts.broken, 1);
});

t.test('a page that is too long is named', async (t) => {
  const on = await Reflecting.start(t, {
    prepare: ({ store }) => void store.set(podOf('large', { filler: 'x'.repeat(20_000) })),
    client: { maxBodyBytes: 10_000 },
  });
  await on.until(() => on.reflector.status.failing !== null);
  t.match(on.reflector.status.failing?.message, /has more than 10000 bytes/);
});
