import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import tap, { type Test } from 'tap';
import { edgeKey } from '../../core/edge.ts';
import { entityKey, workloadKey } from '../../core/identity.ts';
import type { ClusterSnapshot } from '../../core/kubernetes.ts';
import { parseManifests, snapshotOf } from '../../core/manifest.ts';
import { OwnerIndex, workloadsOf } from '../../core/workload.ts';
import { Lab } from '../../lab/lab.ts';
import { whyNoLab } from './privileged.ts';

const run = promisify(execFile);

async function readCluster(t: Test, dir: string): Promise<ClusterSnapshot> {
  const files = (await readdir(dir)).filter((name) => name.endsWith('.yaml'));
  const parsed = await Promise.all(
    files.map(async (name) => parseManifests(await readFile(`${dir}/${name}`, 'utf8'), name)),
  );
  t.strictSame(
    parsed.flatMap(({ problems }) => problems),
    [],
  );
  return snapshotOf(parsed.flatMap(({ objects }) => objects.map(({ object }) => object)));
}

tap.setTimeout(180_000);

await tap.test('the cluster that the lab builds', { skip: whyNoLab() }, async (suite) => {
  const startedMs = performance.now();
  const lab = await Lab.start({ name: 'cluster' });
  suite.teardown(() => lab.stop());
  suite.ok(performance.now() - startedMs < 15_000, `it is up after ${Math.round(performance.now() - startedMs)} ms`);
  const cluster = await readCluster(suite, lab.manifestsDir);

  await suite.test('the manifests name every pod, its node and its controller', async (t) => {
    const owners = new OwnerIndex(cluster.controllers);
    t.equal(cluster.pods.length, lab.pods.length);
    t.strictSame(
      cluster.nodes.map(({ metadata, status }) => [metadata.name, status.addresses?.[0]?.address]),
      lab.nodes.map(({ name, address }) => [name, address]),
    );
    for (const pod of lab.pods) {
      const object = cluster.pods.find(({ metadata }) => metadata.uid === pod.uid);
      t.match(object, {
        metadata: { name: pod.name, namespace: pod.namespace, labels: pod.labels },
        spec: { nodeName: pod.node },
        status: { podIP: pod.address, phase: 'Running' },
      });
      if (object === undefined) continue;
      const { namespace, kind, name } = pod.workload;
      t.strictSame(owners.workloadOf(object), { namespace, kind, name }, `${pod.name} belongs to its workload`);
    }
  });

  await suite.test('the endpoints of every Service are the pods that its selector finds', async (t) => {
    for (const service of cluster.services) {
      const slice = cluster.endpointSlices.find(
        ({ metadata }) =>
          metadata.namespace === service.metadata.namespace &&
          metadata.labels['kubernetes.io/service-name'] === service.metadata.name,
      );
      const selected = cluster.pods.filter(
        ({ metadata }) =>
          metadata.namespace === service.metadata.namespace &&
          Object.entries(service.spec.selector ?? {}).every(([key, value]) => metadata.labels[key] === value),
      );
      t.ok(selected.length > 0, `${service.metadata.name} has endpoints`);
      t.strictSame(
        new Set(slice?.endpoints.map(({ address }) => address)),
        new Set(selected.map(({ status }) => status.podIP)),
      );
    }
  });

  await suite.test(
    'every expected edge joins workloads of the manifests, on a port that the server declares',
    async (t) => {
      const workloads = new Map(workloadsOf(cluster).map((each) => [workloadKey(each.ref), each]));
      const edges = lab.expectedEdges().map(({ id }) => id);
      t.equal(new Set(edges.map(edgeKey)).size, edges.length, 'no edge is named twice');
      for (const { client, server, protocol, port } of edges) {
        if (client.type === 'workload') t.ok(workloads.has(workloadKey(client)), entityKey(client));
        if (server.type !== 'workload') continue;
        const ports = workloads.get(workloadKey(server))?.spec.containers.flatMap((container) => container.ports ?? []);
        t.ok(
          ports?.some((each) => each.containerPort === port && (each.protocol ?? 'TCP') === protocol),
          `${entityKey(server)} declares ${protocol} ${port}`,
        );
      }
    },
  );

  await suite.test('every expected edge can be walked, through its Service and to each pod', async (t) => {
    const { ok, failed } = await lab.checkLegitimate();
    t.strictSame(failed, []);
    t.ok(ok > lab.expectedEdges().length, `${ok} attempts`);
  });

  await suite.test('every pod is in the CNI result cache of its node', async (t) => {
    for (const node of lab.nodes) {
      const local = lab.pods.filter((pod) => pod.node === node.name);
      const files = await readdir(node.cniResultsDir);
      t.equal(files.length, local.length);
      for (const file of files) {
        const entry = JSON.parse(await readFile(`${node.cniResultsDir}/${file}`, 'utf8'));
        const args = Object.fromEntries(entry.cniArgs as [string, string][]);
        const pod = local.find(({ uid }) => uid === args['K8S_POD_UID']);
        t.match(entry, {
          kind: 'cniCacheV1',
          netns: pod?.netnsPath,
          result: { ips: [{ address: `${pod?.address}/32` }] },
        });
      }
    }
  });

  await suite.test('the clients are silent until traffic starts, and then none of them fails', async (t) => {
    const established = async () => {
      const counts = lab.nodes.map(async ({ netnsPath }) => {
        const { stdout } = await run('nsenter', [
          `--net=${netnsPath}`,
          'conntrack',
          '-L',
          '-p',
          'tcp',
          '--orig-port-dst',
          '5050',
        ]);
        return stdout.split('\n').filter((line) => line.includes('dport=5050')).length;
      });
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    };
    for (const { netnsPath } of lab.nodes) await run('nsenter', [`--net=${netnsPath}`, 'conntrack', '-F']);
    t.equal(await established(), 0);
    lab.startTraffic();
    for (let tries = 0; tries < 100 && (await established()) === 0; tries++) await sleep(100);
    t.ok((await established()) > 0, 'the shop is visited');
    await sleep(3000);
    const clients = lab.pods.filter(({ workload }) => workload.program.type === 'service' && workload.calls.length > 0);
    for (const { dir, name } of clients)
      t.equal(await readFile(`${dir}/0.log`, 'utf8'), '', `${name} has no complaint`);
  });
});
