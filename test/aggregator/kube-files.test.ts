import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { FileCluster } from '../../aggregator/kube/files.ts';
import { podYaml } from './cluster-fixture.ts';

const log = pino({ level: 'silent' });
const pod = (name: string) => podYaml({ name, ip: '10.1.0.1' });

async function openFolder(t: Test, pollMs = 60_000): Promise<{ folder: string; cluster: FileCluster }> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-files-'));
  writeFileSync(join(folder, 'pods.yaml'), pod('first'));
  const cluster = await FileCluster.open({ folder, debounceMs: 10, pollMs, log });
  t.teardown(() => {
    cluster.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, cluster };
}

const names = (cluster: FileCluster) => cluster.snapshot().pods.map(({ metadata }) => metadata.name);

/** Resolves when the condition holds, looked at after each change. */
function until(cluster: FileCluster, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!condition()) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = cluster.onChange(look);
    look();
  });
}

t.test('YAML and JSON are read from all folders below, other files are not', async (t) => {
  const { folder, cluster } = await openFolder(t);
  t.strictSame(names(cluster), ['first']);
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  writeFileSync(join(folder, 'a/b/pods.json'), pod('json'));
  writeFileSync(join(folder, 'a/notes.txt'), pod('text'));
  await until(cluster, () => names(cluster).includes('json'));
  t.strictSame(names(cluster).toSorted(), ['first', 'json']);
  writeFileSync(join(folder, 'a/b/later.yml'), pod('later'));
  await until(cluster, () => names(cluster).includes('later'));
  t.strictSame(names(cluster).toSorted(), ['first', 'json', 'later'], 'a new folder is watched too');
});

t.test('a file that is replaced, changed or removed changes the state', async (t) => {
  const { folder, cluster } = await openFolder(t);
  writeFileSync(join(folder, '.new'), pod('second'));
  renameSync(join(folder, '.new'), join(folder, 'pods.yaml'));
  await until(cluster, () => names(cluster).includes('second'));
  t.strictSame(names(cluster), ['second']);
  rmSync(join(folder, 'pods.yaml'));
  await until(cluster, () => names(cluster).length === 0);
  t.strictSame(names(cluster), []);
});

t.test('a reading tells only what it changes', async (t) => {
  const { folder, cluster } = await openFolder(t);
  const told: string[] = [];
  cluster.onChange((changes) => {
    for (const { before, after } of changes) {
      told.push(`${before?.metadata.name ?? 'nothing'} -> ${after?.metadata.name ?? 'nothing'}`);
    }
  });
  writeFileSync(join(folder, 'more.yaml'), `${pod('second')}\n---\n${pod('third')}`);
  await until(cluster, () => told.length > 0);
  writeFileSync(join(folder, '.more'), `${pod('third')}\n---\n${pod('fourth')}`);
  renameSync(join(folder, '.more'), join(folder, 'more.yaml'));
  await until(cluster, () => told.length > 2);
  t.strictSame(told, ['nothing -> second', 'nothing -> third', 'nothing -> fourth', 'second -> nothing']);
});

t.test('a half-written file keeps what it held, and says what is wrong and where', async (t) => {
  const { folder, cluster } = await openFolder(t);
  writeFileSync(join(folder, 'pods.yaml'), '{"kind": "Pod", "metadata": {"name":');
  await until(cluster, () => cluster.problems().length > 0);
  t.strictSame(names(cluster), ['first']);
  t.match(cluster.problems(), [/^pods.yaml:1: document: /]);
  writeFileSync(join(folder, 'pods.yaml'), pod('second'));
  await until(cluster, () => cluster.problems().length === 0);
  t.strictSame(names(cluster), ['second']);
});

t.test('an object that is wrong leaves the others alone', async (t) => {
  const { folder, cluster } = await openFolder(t);
  writeFileSync(join(folder, 'more.yaml'), `kind: Pod\nmetadata: {}\n---\n${pod('good')}`);
  await until(cluster, () => names(cluster).includes('good'));
  t.match(cluster.problems(), [/^more.yaml:\d+: Pod \(no name\): .*name/]);
});

t.test('changes are seen by looking, where nothing tells of them', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-files-'));
  const elsewhere = mkdtempSync(join(tmpdir(), 'weir-elsewhere-'));
  const target = join(elsewhere, 'pods.yaml');
  writeFileSync(target, pod('first'));
  symlinkSync(target, join(folder, 'pods.yaml'));
  const cluster = await FileCluster.open({ folder, debounceMs: 10, pollMs: 20, log });
  t.teardown(() => {
    cluster.close();
    for (const each of [folder, elsewhere]) rmSync(each, { recursive: true });
  });
  writeFileSync(target, pod('second-by-the-link'));
  await until(cluster, () => names(cluster).includes('second-by-the-link'));
  t.strictSame(names(cluster), ['second-by-the-link']);
});

t.test('a folder that goes away leaves the last state and a problem; when it comes back it is read', async (t) => {
  const { folder, cluster } = await openFolder(t, 20);
  rmSync(folder, { recursive: true });
  await until(cluster, () => cluster.problems().some((problem) => problem.startsWith(folder)));
  t.match(cluster.problems()[0], /the state that was last read stands/);
  mkdirSync(folder);
  writeFileSync(join(folder, 'pods.yaml'), pod('back'));
  await until(cluster, () => names(cluster).includes('back'));
  t.strictSame(cluster.problems(), []);
});

t.test('a folder that is not there is refused at the start', async (t) => {
  const open = FileCluster.open({ folder: '/does/not/exist', debounceMs: 1, pollMs: 1, log });
  await t.rejects(open, { code: 'CLUSTER_SOURCE', message: /name a folder of Kubernetes manifests/ });
});
