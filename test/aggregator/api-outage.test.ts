import { join } from 'node:path';
import t, { type Test } from 'tap';
import { kubeconfigFor } from '../../lab/kube-api/kubeconfig.ts';
import type { NewObject } from '../../lab/kube-api/object-store.ts';
import { KubeApi } from '../../lab/kube-api/server.ts';
import { connect, type Connection } from '../../proto/services.ts';
import { writeFileSync } from 'node:fs';
import { selfSigned } from '../kube/certificates.ts';
import { AggregatorProcess } from './process.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { everything, newFolder } from './running.ts';

function deployment(name: string): NewObject {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [] } };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' }, spec: { template } };
}

function pod(name: string, ip: string): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: `uid-${name}` },
    spec: { nodeName: 'n1', containers: [] },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
  };
}

// Each start of a process takes seconds on a busy machine.
t.setTimeout(120_000);

interface Started {
  readonly aggregator: AggregatorProcess;
  readonly connection: Connection;
}

/** The real aggregator on an API server of the test's own, over TLS and with a token. */
async function start(t: Test, api: KubeApi, folder: string, authority: string, ...flags: string[]): Promise<Started> {
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigFor(api.url, api.gate.token, authority));
  const listen = `unix:${join(folder, 'aggregator.sock')}`;
  const own = ['--listen', listen, '--metrics-listen', '127.0.0.1:0', '--database', join(folder, 'weir.db')];
  const aggregator = await AggregatorProcess.start([...own, '--cluster', 'demo', '--kubeconfig', kubeconfig, ...flags]);
  const connection = connect(listen);
  t.teardown(async () => {
    connection.close();
    await aggregator.end('SIGKILL');
  });
  return { aggregator, connection };
}

async function startApi(t: Test): Promise<{ api: KubeApi; folder: string; authority: string }> {
  const folder = newFolder(t);
  const tls = selfSigned(folder, 'IP:127.0.0.1');
  const api = await KubeApi.start({ tls, token: 'secret', bookmarkEveryMs: 100 });
  t.teardown(() => api.close());
  return { api, folder, authority: tls.cert };
}

/** Asks again and again until the answer is as wanted: each is a call to another process. */
async function until<Answer>(ask: () => Promise<Answer>, isRight: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const workloadsOf = async (connection: Connection) => {
  const { workloads } = await connection.query.listWorkloads({ cluster: '', namespace: '' });
  return workloads.map(({ workload }) => workload?.name ?? '').toSorted();
};

const problemsOf = async (connection: Connection) => {
  const { clusters } = await connection.query.getStatus({});
  return clusters[0]?.problems ?? [];
};

t.test('the aggregator follows an API through everything that may happen to it', { timeout: 60_000 }, async (t) => {
  const { api, folder, authority } = await startApi(t);
  api.store.set(deployment('cart'));
  const { aggregator, connection } = await start(t, api, folder, authority);
  const comes = (name: string) =>
    until(
      () => workloadsOf(connection),
      (names) => names.includes(name),
    );
  await comes('cart');
  const { clusters } = await connection.query.getStatus({});
  t.match(clusters[0]?.source, /^Kubernetes API at https:\/\/127.0.0.1:\d+ \(.*kubeconfig\)$/);
  const ready = `http://${aggregator.listening.metricsAddress}/readyz`;
  t.equal(
    (
      await until(
        () => fetch(ready),
        ({ status }) => status === 200,
      )
    ).status,
    200,
  );

  api.store.set(deployment('made-while-watched'));
  await comes('made-while-watched');

  api.disconnect();
  api.store.set(deployment('made-after-a-cut'));
  await comes('made-after-a-cut');

  api.store.compact();
  api.disconnect();
  api.store.set(deployment('made-after-a-compaction'));
  api.store.delete(deployment('made-after-a-cut'));
  await until(
    () => workloadsOf(connection),
    (names) => names.includes('made-after-a-compaction') && !names.includes('made-after-a-cut'),
  );

  api.faults.plan({ type: 'status', code: 429, retryAfterSeconds: 0 }, 5);
  api.faults.plan({ type: 'status', code: 500 }, 5);
  api.faults.plan({ type: 'slow', ms: 200 }, 10);
  api.disconnect();
  api.store.set(deployment('made-after-faults'));
  await comes('made-after-faults');
  t.strictSame(
    await until(
      () => problemsOf(connection),
      (problems) => problems.length === 0,
    ),
    [],
  );

  await api.refuse();
  const problems = await until(
    () => problemsOf(connection),
    ({ length }) => length > 0,
  );
  t.match(problems[0], /127.0.0.1:.*; since \d{4}-.*; the state that was last read stands/);
  t.strictSame(await workloadsOf(connection), [
    'cart',
    'made-after-a-compaction',
    'made-after-faults',
    'made-while-watched',
  ]);
  api.store.set(deployment('made-during-the-outage'));
  await api.accept();
  await comes('made-during-the-outage');
  t.equal(await aggregator.end('SIGTERM'), 0);
});

t.test('no flow is named before the first state is there, and none is lost', { timeout: 60_000 }, async (t) => {
  const { api, folder, authority } = await startApi(t);
  api.store.set(pod('frontend-1', '10.1.0.1'));
  api.store.set(pod('cart-1', '10.1.0.2'));
  api.faults.plan({ type: 'hang' }, 1, ({ path }) => path === '/api/v1/pods');
  const { aggregator, connection } = await start(t, api, folder, authority, '--keep', '15s=36500d');
  const ready = () => fetch(`http://${aggregator.listening.metricsAddress}/readyz`);
  const health = await fetch(`http://${aggregator.listening.metricsAddress}/healthz`);
  t.equal(health.status, 200);
  t.equal((await ready()).status, 503);
  const agent = new Pusher(connection);
  await agent.welcome();
  agent.send(batchOf(1, [call('frontend-1', '10.1.0.2', 8080)]));
  await until(
    () => problemsOf(connection),
    (problems) => problems.join() === 'pods: the first list is not in yet',
  );
  const { edges } = await connection.query.listEdges(everything);
  t.strictSame(edges, []);
  t.equal((await ready()).status, 503);
  // The request that hangs is cut; the next one is answered.
  api.disconnect();
  await agent.ackThrough(1);
  t.match((await connection.query.listEdges(everything)).edges, [
    { server: { workload: { namespace: 'shop', name: 'cart-1' } } },
  ]);
  t.equal((await until(ready, ({ status }) => status === 200)).status, 200);
  agent.close();
});

t.test('a stop before the first state is there is clean', { timeout: 60_000 }, async (t) => {
  const { api, folder, authority } = await startApi(t);
  api.faults.plan({ type: 'hang' }, Number.POSITIVE_INFINITY);
  const { aggregator, connection } = await start(t, api, folder, authority);
  const agent = new Pusher(connection);
  await agent.welcome();
  agent.send(batchOf(1, [call('frontend-1', '10.1.0.2', 8080)]));
  await until(
    async () => (await connection.query.getStatus({})).clusters[0]?.agents ?? [],
    (agents) => agents.some(({ connected }) => connected),
  );
  t.equal(await aggregator.end('SIGTERM'), 0);
  agent.close();
});

t.test('after the time for it the first state is not waited for any longer', { timeout: 60_000 }, async (t) => {
  const { api, folder, authority } = await startApi(t);
  api.store.set(pod('cart-1', '10.1.0.2'));
  api.gate.denied.add('list cronjobs');
  const { aggregator, connection } = await start(t, api, folder, authority, '--cluster-wait', '500ms');
  const ready = () => fetch(`http://${aggregator.listening.metricsAddress}/readyz`);
  t.equal((await until(ready, ({ status }) => status === 200)).status, 200);
  t.match(
    (await problemsOf(connection)).join('\n'),
    /cronjobs.batch: .*needs the verbs get, list and watch on cronjobs/,
  );
  t.strictSame(await workloadsOf(connection), ['cart-1']);
});

t.test('without any source all three are named', async (t) => {
  const folder = newFolder(t);
  const start = (...flags: string[]) => AggregatorProcess.start(['--database', join(folder, 'weir.db'), ...flags]);
  await t.rejects(start(), { message: /give --kubeconfig FILE or --cluster-files FOLDER, or run in a pod/ });
  await t.rejects(start('--kubeconfig', '/does/not/exist'), { message: /\/does\/not\/exist: ENOENT/ });
});
