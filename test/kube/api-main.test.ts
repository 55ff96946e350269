import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { KubeClient } from '../../kube/client.ts';
import { kubeconfigAccess } from '../../kube/kubeconfig.ts';
import { readEvent, type WatchEvent } from '../../kube/messages.ts';
import { ApiProcess } from './api-process.ts';
import { newFolder, selfSigned } from './certificates.ts';

function write(folder: string, name: string, ...objects: readonly object[]): void {
  writeFileSync(join(folder, '.unfinished'), JSON.stringify({ kind: 'List', apiVersion: 'v1', items: objects }));
  renameSync(join(folder, '.unfinished'), join(folder, name));
}

const pod = (name: string, nodeName = 'n1') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', uid: `uid-${name}`, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { nodeName },
});

async function* eventsOf(t: Test, client: KubeClient): AsyncGenerator<WatchEvent | null> {
  const abort = new AbortController();
  t.teardown(() => abort.abort());
  for await (const lines of client.watch('/api/v1/pods', {}, 60_000, abort.signal)) yield* lines.map(readEvent);
}

t.test('a folder of manifests is served over TLS to who has the token, and its changes are followed', async (t) => {
  const folder = newFolder(t);
  const keys = newFolder(t);
  selfSigned(keys, 'IP:127.0.0.1');
  write(folder, 'shop-pods.json', pod('a'), pod('b'), { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } });
  const kubeconfig = join(keys, 'kubeconfig');
  const [cert, key] = [join(keys, 'IP:127.0.0.1.crt'), join(keys, 'IP:127.0.0.1.key')];
  const flags = ['--token', 'secret', '--tls-cert', cert, '--tls-key', key];
  const api = await ApiProcess.start(t, folder, kubeconfig, { flags });
  const client = new KubeClient(kubeconfigAccess(kubeconfig));
  t.teardown(() => client.close());
  const events = eventsOf(t, client);
  const next = async () => (await events.next()).value as WatchEvent;
  t.match(
    await next(),
    { type: 'ADDED', item: { namespace: 'shop', name: 'a', value: pod('a') } },
    'the UID is the one written down',
  );
  t.match(await next(), { type: 'ADDED', item: { namespace: 'shop', name: 'b' } });
  write(folder, 'shop-pods.json', pod('a', 'n2'), pod('b'));
  t.match(await next(), {
    type: 'MODIFIED',
    item: { namespace: 'shop', name: 'a', value: { spec: { nodeName: 'n2' } } },
  });
  writeFileSync(join(folder, 'shop-pods.json'), '{"kind": "List", "items": [');
  write(folder, 'more.json', pod('c'));
  t.match(
    await next(),
    { type: 'ADDED', item: { namespace: 'shop', name: 'c' } },
    'a half-written file takes nothing away',
  );
  t.match(api.said.join('\n'), /shop-pods.json: line 1: /);
  rmSync(join(folder, 'more.json'));
  t.match(await next(), { type: 'DELETED', item: { namespace: 'shop', name: 'c' } });
  t.equal(await api.end(), 0);
});

t.test('what it cannot do is said', async (t) => {
  const folder = newFolder(t);
  const start = (...flags: string[]) => ApiProcess.start(t, folder, join(folder, 'kubeconfig'), { flags });
  await t.rejects(start('--listen', 'nowhere'), { message: /--listen nowhere: give host:port/ });
  await t.rejects(start('--tls-cert', 'x'), { message: /give both or neither/ });
  await t.rejects(ApiProcess.start(t, '/does/not/exist', join(folder, 'k')), { message: /ENOENT/ });
});
