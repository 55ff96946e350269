import { once } from 'node:events';
import { pino } from 'pino';
import t from 'tap';
import { SqliteStore } from '../../aggregator/store/sqlite.ts';
import { certificateProof } from '../../aggregator/access/node-proof.ts';
import { WeirError } from '../../core/errors.ts';
import { connect } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { CertificateFiles } from '../../tls/certificate-files.ts';
import { channelCredentials } from '../../tls/grpc-credentials.ts';
import { Authority } from '../tls/authority.ts';
import { podYaml } from './cluster-fixture.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { newFolder, type Running, start, TestCluster } from './running.ts';
import { join } from 'node:path';

/** Both use the same addresses for other pods. */
const demo = () =>
  new TestCluster(
    podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
    podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart' }),
  );
const edge = () =>
  new TestCluster(
    podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
    podYaml({ name: 'sensor-1', ip: '10.1.0.2', deployment: 'sensor' }),
  );

async function send({ connection }: Pick<Running, 'connection'>, cluster: string, sequence: number, port: number) {
  const agent = new Pusher(connection, { cluster });
  await agent.welcome();
  agent.send(batchOf(sequence, [call('frontend-1', '10.1.0.2', port)]));
  await agent.ackThrough(sequence);
  agent.close();
}

t.test('each cluster has its own pods, edges and history', async (t) => {
  const database = join(newFolder(t), 'weir.db');
  const running = await start(t, demo(), { others: { edge: edge() }, database });
  await send(running, 'demo', 1, 8080);
  await send(running, 'edge', 1, 9090);
  const serverOf = async (cluster: string, at: Pick<Running, 'connection'> = running) => {
    const { edges } = await at.connection.query.listEdges({ cluster });
    return edges.map(({ server, port }) => `${server?.entity === 'workload' ? server.workload.name : '?'}:${port}`);
  };
  t.strictSame(await serverOf('demo'), ['cart:8080']);
  t.strictSame(await serverOf('edge'), ['sensor:9090']);
  const { clusters } = await running.connection.query.getStatus({});
  t.match(clusters, [
    { name: 'demo', edges: 1, agents: [{ node: 'n1' }] },
    { name: 'edge', edges: 1, agents: [{ node: 'n1' }] },
  ]);
  const alias = { name: 'bank', cidr: '203.0.113.0/24', allowed: true, expiresUnixMs: 0, comment: '', expired: false };
  await running.connection.alias.setAlias({ cluster: 'edge', alias });
  t.match(await running.connection.alias.listAliases({ cluster: 'demo' }), { aliases: [] });
  await running.aggregator.stop();
  const again = await start(t, demo(), { others: { edge: edge() }, database });
  t.strictSame(await serverOf('edge', again), ['sensor:9090']);
  t.match(await again.connection.alias.listAliases({ cluster: 'edge' }), { aliases: [{ name: 'bank' }] });
});

t.test('a request has to say which cluster it means, and one that is not served is refused', async (t) => {
  const { connection, aggregator } = await start(t, demo(), { others: { edge: edge() } });
  await t.rejects(connection.query.listEdges({}), {
    message: /several clusters are served here; name one of demo, edge/,
  });
  await t.rejects(connection.policy.generate({}), { message: /several clusters are served here/ });
  await t.rejects(connection.query.listWorkloads({ cluster: 'x' }), {
    message: /x is not served here; ask for one of demo, edge/,
  });
  const response = await fetch(`http://${aggregator.httpAddress}/api/v1/query/listNamespaces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"cluster":"edge"}',
  });
  t.match(await response.json(), { namespaces: [{ name: 'shop', workloads: 2 }] });
  const stranger = new Pusher(connection, { cluster: 'x' });
  t.match(await stranger.end(), { details: /serves demo, edge, the agent says x; set both/ });
});

t.test('who follows one cluster gets nothing of another', async (t) => {
  const running = await start(t, demo(), { others: { edge: edge() } });
  const stream = running.connection.query.follow({ cluster: 'edge' });
  stream.on('error', () => undefined);
  const windows = stream[Symbol.asyncIterator]();
  await once(stream, 'metadata');
  await send(running, 'demo', 1, 8080);
  await send(running, 'edge', 1, 9090);
  const { value } = (await windows.next()) as { value: wire.FollowResponse };
  t.match(value, { edges: [{ port: 9090 }] });
  stream.cancel();
});

t.test('metrics say of which cluster they are where there are several', async (t) => {
  const running = await start(t, demo(), { others: { edge: edge() } });
  await send(running, 'demo', 1, 8080);
  t.match(await running.metric('weir_ingest_batches_seen_total'), { '{cluster="demo"}': 1, '{cluster="edge"}': 0 });
  t.match(await running.metric('weir_graph_edges'), { '{cluster="demo"}': 1, '{cluster="edge"}': 0 });
  t.match(await running.metric('weir_ingest_lag_seconds_count'), { '{cluster="demo"}': 1 });
  t.equal(Object.keys(await running.metric('weir_build_info')).length, 1);
  const text = await (await fetch(`http://${running.aggregator.metricsAddress}/metrics`)).text();
  const helps = text.split('\n').filter((line) => line.startsWith('# HELP'));
  t.equal(new Set(helps).size, helps.length, 'each metric is described once');
});

t.test('an agent that is proven for one cluster cannot speak for another', async (t) => {
  const authority = new Authority(t);
  const filesOf = async (name: string, uri: string) => {
    const { ca, cert, key } = { ca: authority.certFile, ...authority.write(authority.issue(uri), name) };
    const files = await CertificateFiles.open({ ca, cert, key }, 86_400_000, pino({ level: 'silent' }));
    t.teardown(() => files.close());
    return files;
  };
  const certificates = await filesOf('aggregator', 'IP:127.0.0.1');
  const proofs = [certificateProof('demo', 'edge')];
  const { aggregator } = await start(t, demo(), {
    others: { edge: edge() },
    secured: { certificates, proofs, users: null },
  });
  const credentials = channelCredentials(await filesOf('agent', 'URI:weir://edge/node/n1'), null);
  const connection = connect(aggregator.addresses[0] as string, {}, credentials);
  t.teardown(() => connection.close());
  await send({ connection }, 'edge', 1, 9090);
  const claiming = new Pusher(connection, { cluster: 'demo' });
  t.match(await claiming.end(), { details: /another cluster: it says demo, its certificate is for edge/ });
});

t.test('a cluster that cannot be opened leaves nothing behind that goes on', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length;
  const store = new SqliteStore({ path: join(newFolder(t), 'weir.db'), synchronous: 'NORMAL', maxCached: 10 });
  store.cursors = () => Promise.reject(new WeirError('STORE', 'the server is gone'));
  const before = timers();
  await t.rejects(start(t, demo(), { store }), { code: 'STORE' });
  t.equal(timers(), before);
});
