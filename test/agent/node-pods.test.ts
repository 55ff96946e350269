import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { ApiNodePods } from '../../agent/identity/api-node-pods.ts';
import { noNodePods } from '../../agent/identity/node-pods.ts';
import { parseAddress } from '../../core/address.ts';
import type { Address } from '../../core/address.ts';
import type { NewObject } from '../../lab/kube-api/object-store.ts';
import { KubeApi } from '../../lab/kube-api/server.ts';
import { accessTo, FakePace } from '../kube/reflecting.ts';

interface PodParts {
  readonly node?: string;
  readonly ip?: string;
  readonly uid?: string;
  readonly hostNetwork?: boolean;
  readonly phase?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

function pod(name: string, parts: PodParts = {}): NewObject {
  const { node = 'n1', ip, uid = `uid-${name}`, hostNetwork, phase = 'Running', annotations } = parts;
  const podIPs = ip?.split(',').map((each) => ({ ip: each }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid, ...(annotations && { annotations }) },
    spec: { nodeName: node, containers: [], ...(hostNetwork && { hostNetwork }) },
    status: { phase, ...(podIPs && { podIP: podIPs[0]?.ip, podIPs }) },
  };
}

function newFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-node-pods-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function startApi(t: Test): Promise<KubeApi> {
  const api = await KubeApi.start();
  t.teardown(() => api.close());
  return api;
}

function watchPods(t: Test, api: KubeApi, folder: string, node = 'n1'): ApiNodePods {
  const log = pino({ level: 'silent' });
  const pods = new ApiNodePods({ access: accessTo(api.url), node, folder, pace: new FakePace(), log });
  t.teardown(() => pods.close());
  return pods;
}

/** Resolves when the condition holds, looked at after each change. */
function until(pods: ApiNodePods, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!condition()) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = pods.onChange(look);
    look();
  });
}

const at = (text: string) => parseAddress(text) as Address;
const ref = (name: string, uid = `uid-${name}`) => ({ namespace: 'shop', name, uid });
const has = (pods: ApiNodePods, name: string) => pods.byName('shop', name) !== null;

t.test('the pods of the own node are found by UID, name and address', async (t) => {
  const api = await startApi(t);
  api.store.set(pod('a', { ip: '10.1.0.1,fd00::1' }));
  api.store.set(pod('elsewhere', { node: 'n2', ip: '10.1.0.2' }));
  const pods = watchPods(t, api, newFolder(t));
  t.notOk(pods.synced);
  pods.start();
  await until(pods, () => has(pods, 'a'));
  t.strictSame(pods.byUid('uid-a'), ref('a'));
  t.strictSame(pods.byName('shop', 'a'), ref('a'));
  t.strictSame([pods.byAddress(at('10.1.0.1')), pods.byAddress(at('fd00::1'))], [ref('a'), ref('a')]);
  t.equal(pods.byUid('uid-elsewhere'), null);
  t.equal(pods.byAddress(at('10.1.0.2')), null);
  t.strictSame(pods.all, [ref('a')]);
  api.store.set(pod('elsewhere', { ip: '10.1.0.2' }));
  await until(pods, () => has(pods, 'elsewhere'));
  t.ok(pods.synced);
  t.match(pods.feature, { name: 'kubernetes-api', active: true, reason: '' });
  api.store.delete(pod('a'));
  await until(pods, () => !has(pods, 'a'));
  t.equal(pods.byUid('uid-a'), null);
});

t.test('a static pod is found by the hash that its kubelet knows it by', async (t) => {
  const api = await startApi(t);
  api.store.set(
    pod('etcd-n1', { annotations: { 'kubernetes.io/config.hash': 'hash', other: 'x' }, hostNetwork: true }),
  );
  const pods = watchPods(t, api, newFolder(t));
  pods.start();
  await until(pods, () => has(pods, 'etcd-n1'));
  t.strictSame(pods.byUid('hash'), ref('etcd-n1'));
  t.strictSame(pods.byUid('uid-etcd-n1'), ref('etcd-n1'));
});

t.test('an address belongs to a pod only if it is its own, and nobody else has it', async (t) => {
  const api = await startApi(t);
  api.store.set(pod('host', { ip: '172.30.0.1', hostNetwork: true }));
  api.store.set(pod('done', { ip: '10.1.0.1', phase: 'Succeeded' }));
  api.store.set(pod('old', { ip: '10.1.0.2' }));
  api.store.set(pod('new', { ip: '10.1.0.2' }));
  const pods = watchPods(t, api, newFolder(t));
  pods.start();
  await until(pods, () => pods.all.length === 4);
  for (const address of ['172.30.0.1', '10.1.0.1', '10.1.0.2']) t.equal(pods.byAddress(at(address)), null, address);
  api.store.delete(pod('old'));
  await until(pods, () => !has(pods, 'old'));
  t.strictSame(pods.byAddress(at('10.1.0.2')), ref('new'));
});

t.test('what was known stands through an outage, which is told', async (t) => {
  const api = await startApi(t);
  api.store.set(pod('a'));
  const pods = watchPods(t, api, newFolder(t));
  pods.start();
  await until(pods, () => has(pods, 'a'));
  await api.refuse();
  while (pods.feature.active) await new Promise((resolve) => setTimeout(resolve, 2));
  t.match(pods.feature.reason, /^http:.*; since 1970-01-01T/);
  t.ok(pods.synced);
  t.strictSame(pods.byUid('uid-a'), ref('a'));
  api.store.set(pod('a', { uid: 'another' }));
  await api.accept();
  await until(pods, () => pods.byUid('another') !== null);
  t.equal(pods.byUid('uid-a'), null);
  t.ok(pods.feature.active);
});

t.test('a restart during an outage knows what was known before, until there is a list', async (t) => {
  const api = await startApi(t);
  const folder = newFolder(t);
  api.store.set(pod('a', { ip: '10.1.0.1' }));
  api.store.set(pod('b', { ip: '10.1.0.2', annotations: { 'kubernetes.io/config.hash': 'hash' } }));
  const first = watchPods(t, api, folder);
  first.start();
  await until(first, () => first.synced && has(first, 'b'));
  first.close();
  await api.refuse();
  const second = watchPods(t, api, folder);
  // Now, by the clock of the test.
  utimesSync(join(folder, 'pods.json'), 1_000, 1_000);
  const third = watchPods(t, api, folder);
  third.start();
  for (const pods of [second, third]) {
    t.notOk(pods.synced);
    t.strictSame(pods.byAddress(at('10.1.0.1')), ref('a'));
    t.strictSame(pods.byUid('hash'), ref('b'));
  }
  api.store.delete(pod('a'));
  await api.accept();
  await until(third, () => !has(third, 'a'));
  t.strictSame(third.all, [ref('b')]);
  t.strictSame(readdirSync(folder), ['pods.json'], 'nothing half-written is left');
});

t.test('what was kept by another node, too long ago, or by nobody, is not believed', async (t) => {
  const api = await startApi(t);
  const folder = newFolder(t);
  const file = join(folder, 'pods.json');
  const write = (content: unknown, seconds = 1_000) => {
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    utimesSync(file, seconds, seconds);
  };
  const pods = [{ ref: ref('a'), configHash: null, addresses: ['10.1.0.1'] }];
  const known = () => watchPods(t, api, folder).all;
  write({ node: 'n1', pods });
  t.strictSame(known(), [ref('a')]);
  write({ node: 'n2', pods });
  t.strictSame(known(), []);
  write({ node: 'n1', pods }, 10);
  t.strictSame(known(), [], 'sixteen minutes ago');
  write('{"node":"n1","pods":[{"ref"');
  t.strictSame(known(), []);
  write({ node: 'n1', pods: [{ ref: ref('a'), configHash: null, addresses: ['nowhere'] }] });
  t.strictSame(known(), []);
  write({ node: 'n1', pods: Array.from({ length: 5_000 }, () => pods[0]) });
  t.strictSame(known(), []);
});

t.test('only what is needed of a pod is kept', async (t) => {
  const api = await startApi(t);
  const folder = newFolder(t);
  api.store.set(pod('a', { ip: '10.1.0.1', annotations: { secret: 'hidden' } }));
  const pods = watchPods(t, api, folder);
  pods.start();
  await until(pods, () => pods.synced);
  pods.close();
  t.strictSame(JSON.parse(readFileSync(join(folder, 'pods.json'), 'utf8')), {
    node: 'n1',
    pods: [{ ref: ref('a'), configHash: null, addresses: ['10.1.0.1'] }],
  });
});

t.test('a pod that cannot be read does not hide the others', async (t) => {
  const api = await startApi(t);
  const { uid: _, ...metadata } = pod('broken').metadata;
  api.store.set({ ...pod('broken'), metadata: { ...metadata, uid: '' } });
  api.store.set(pod('good'));
  const pods = watchPods(t, api, newFolder(t));
  pods.start();
  await until(pods, () => has(pods, 'good'));
  t.strictSame(pods.all, [ref('good')]);
});

t.test('without access to the API no pod is known by it, and that is told', async (t) => {
  t.equal(noNodePods.byUid('uid-a'), null);
  t.notOk(noNodePods.synced);
  t.match(noNodePods.feature, { active: false, reason: /neither --kubeconfig nor a service account/ });
});
