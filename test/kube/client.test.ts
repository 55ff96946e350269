import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { defaultClientOptions, KubeClient } from '../../kube/client.ts';
import { LineSplitter } from '../../kube/lines.ts';
import { KubeApi } from '../../lab/kube-api/server.ts';
import { accessTo } from './reflecting.ts';
import { podOf } from './objects.ts';

t.test('lines are put together from whatever pieces they come in', async (t) => {
  const text = '{"a":"ä€"}\n\n{"b":1}\nrest';
  const bytes = Buffer.from(text);
  for (let size = 1; size <= bytes.length; size++) {
    const splitter = new LineSplitter(100);
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += size) lines.push(...(splitter.push(bytes.subarray(at, at + size)) ?? []));
    t.strictSame(lines, ['{"a":"ä€"}', '{"b":1}'], `pieces of ${size}`);
    t.ok(splitter.isInLine);
  }
});

t.test('a line is bounded, also while its end has not come', async (t) => {
  t.equal(new LineSplitter(3).push(Buffer.from('abcd')), null);
  t.equal(new LineSplitter(3).push(Buffer.from('ok\nabcd\n')), null);
  t.strictSame(new LineSplitter(3).push(Buffer.from('abc\nabc\n')), ['abc', 'abc']);
});

t.test('a watch that is silent is broken off', async (t) => {
  const api = await KubeApi.start();
  const client = new KubeClient(accessTo(api.url));
  t.teardown(async () => {
    client.close();
    await api.close();
  });
  api.store.set(podOf('a'));
  const watch = client.watch('/api/v1/pods', {}, 50, new AbortController().signal);
  t.strictSame((await watch.next()).value, [], 'it was accepted');
  t.match((await watch.next()).value, [/"ADDED"/]);
  t.match(await watch.next(), { done: true, value: { cause: 'unavailable', message: /nothing came for 0.05 s/ } });
});

t.test('what is under way is ended by its signal', async (t) => {
  const api = await KubeApi.start();
  const client = new KubeClient(accessTo(api.url));
  t.teardown(async () => {
    client.close();
    await api.close();
  });
  const abort = new AbortController();
  const watch = client.watch('/api/v1/pods', {}, 60_000, abort.signal);
  await watch.next();
  const ended = watch.next();
  abort.abort();
  t.match(await ended, { done: true });
  api.faults.plan({ type: 'hang' });
  const again = new AbortController();
  const asked = client.get('/api/v1/pods', {}, again.signal);
  again.abort();
  t.match(await asked, { cause: 'unavailable' });
});

t.test('a path in the address of the server stays before the paths of the API', async (t) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const client = new KubeClient(accessTo(`http://127.0.0.1:${port}/k8s/clusters/c-1/`), defaultClientOptions);
  await client.get('/api/v1/pods', { limit: 5 }, new AbortController().signal);
  client.close();
  t.strictSame(asked, ['/k8s/clusters/c-1/api/v1/pods?limit=5']);
});
