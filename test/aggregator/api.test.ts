import { createServer } from 'node:net';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Client, credentials, type MethodDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';
import t from 'tap';
import { connect } from '../../proto/services.ts';
import { podYaml } from './cluster-fixture.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { newFolder, start, TestCluster } from './running.ts';

type Methods = Readonly<Record<string, MethodDefinition<object, object>>>;

const options = { enums: String, oneofs: true, defaults: true };
const health = loadSync(protoPath, options)['grpc.health.v1.Health'] as Methods;
const reflectionProto = join(
  dirname(createRequire(import.meta.url).resolve('@grpc/reflection')),
  '../proto/grpc/reflection/v1/reflection.proto',
);
const reflection = loadSync(reflectionProto, options)['grpc.reflection.v1.ServerReflection'] as Methods;
const reflectionMethod = reflection['ServerReflectionInfo'] as MethodDefinition<object, object>;

t.test('it tells its health as gRPC has it', async (t) => {
  const { aggregator } = await start(t, new TestCluster());
  const { path, requestSerialize, responseDeserialize } = health['Check'] as MethodDefinition<object, object>;
  const client = new Client(aggregator.addresses[0] as string, credentials.createInsecure());
  const answer = await new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service: '' }, (error, response) => {
      if (error) reject(error);
      else resolve(response);
    });
  });
  t.match(answer, { status: 'SERVING' });
  client.close();
});

t.test('it describes itself to tools that have no .proto files', async (t) => {
  const { aggregator } = await start(t, new TestCluster());
  const { path } = reflectionMethod;
  const client = new Client(aggregator.addresses[0] as string, credentials.createInsecure());
  const stream = client.makeBidiStreamRequest(
    path,
    reflectionMethod.requestSerialize,
    reflectionMethod.responseDeserialize,
  );
  stream.write({ listServices: '*' });
  const [answer] = (await once(stream, 'data')) as [{ listServicesResponse: { service: { name: string }[] } }];
  const names = answer.listServicesResponse.service.map(({ name }) => name);
  for (const name of ['weir.v1.IngestService', 'weir.v1.QueryService', 'weir.v1.PolicyService']) {
    t.ok(names.includes(name), name);
  }
  stream.end();
  await once(stream, 'end');
  client.close();
});

t.test('it listens on several addresses, and on a socket that a killed process left', async (t) => {
  const socket = join(newFolder(t), 'sub', 'weir.sock');
  const first = await start(t, new TestCluster(), { listen: ['127.0.0.1:0', `unix:${socket}`] });
  t.match(first.aggregator.addresses[0], /^127\.0\.0\.1:[1-9]\d*$/);
  const byPath = connect(`unix:${socket}`);
  t.match(await byPath.query.getStatus({}), { version: /\d/ });
  byPath.close();
  await first.aggregator.stop();

  const stale = createServer().listen(socket);
  await once(stale, 'listening');
  const taken = start(t, new TestCluster(), { listen: [`unix:${socket}`] });
  await t.rejects(taken, { code: 'LISTEN', message: /another process listens there/ });
  t.ok(existsSync(socket), "another's socket is left alone");
  stale.close();
});

t.test('an address that is taken is refused with the flag to change', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const address = `127.0.0.1:${port}`;
  await t.rejects(start(t, new TestCluster(), { listen: [address] }), { code: 'LISTEN', message: /--listen/ });
  await t.rejects(start(t, new TestCluster(), { metricsListen: address }), {
    code: 'LISTEN',
    message: /EADDRINUSE.*--metrics-listen/,
  });
  other.close();
});

t.test('HTTP tells that it runs, that it is ready, and where else to look', async (t) => {
  const { aggregator } = await start(t, new TestCluster());
  const get = async (path: string) => {
    const response = await fetch(`http://${aggregator.metricsAddress}${path}`);
    return [response.status, await response.text()];
  };
  t.strictSame(await get('/healthz'), [200, 'ok\n']);
  t.strictSame(await get('/readyz'), [200, 'ready\n']);
  t.match(await get('/'), [404, /\/metrics/]);
});

t.test('metrics count traffic by namespaces, and the cluster', async (t) => {
  const cluster = new TestCluster(
    podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
    podYaml({ name: 'redis-0', ip: '10.1.0.4', namespace: 'data' }),
    podYaml({ name: 'silent', ip: '10.1.0.5' }),
  );
  const { connection, metric } = await start(t, cluster);
  const agent = new Pusher(connection);
  await agent.welcome();
  const records = [call('frontend-1', '10.1.0.4', 6379), call('frontend-1', '203.0.113.7', 443)];
  for (const sequence of [1, 2]) agent.send(batchOf(sequence, [...records, call('frontend-1', '10.1.7.7', 1)]));
  await agent.ackThrough(2);
  const series = (destination: string) =>
    `{direction="egress",verdict="forwarded",source_namespace="shop",destination_namespace="${destination}",protocol="TCP"}`;
  t.strictSame(await metric('weir_flows_total'), {
    [series('data')]: 2,
    [series('(external)')]: 2,
    [series('(unresolved)')]: 2,
  });
  t.match(await metric('weir_bytes_total'), { [series('data')]: 2_200 });
  t.strictSame(await metric('weir_workloads'), { '{state="active"}': 2, '{state="silent"}': 1 });
  t.strictSame(await metric('weir_graph_edges'), { '': 3 });
  t.match(await metric('weir_unresolved_peers'), { '{reason="pod-cidr"}': 1, '{reason="service-cidr"}': 0 });
  t.strictSame(await metric('weir_agents_connected'), { '': 1 });
  t.match(await metric('weir_build_info'), { '{component="aggregator",version="0.1.0"}': 1 });
  agent.close();
});

t.test('the series of a metric are bounded; what is folded is counted', async (t) => {
  const { connection, metric } = await start(t, new TestCluster(), { maxSeries: 3 });
  const agent = new Pusher(connection);
  await agent.welcome();
  const from = (namespace: string) =>
    call('pod', '203.0.113.7', 443, { pod: { namespace, name: 'pod', uid: `uid-${namespace}` } });
  agent.send(
    batchOf(
      1,
      Array.from({ length: 10 }, (_, i) => from(`ns-${i}`)),
    ),
  );
  await agent.ackThrough(1);
  const series = await metric('weir_flows_total');
  t.equal(Object.keys(series).length, 4);
  t.equal(
    series[
      '{direction="egress",verdict="forwarded",source_namespace="(other)",destination_namespace="(other)",protocol="TCP"}'
    ],
    7,
  );
  t.strictSame(await metric('weir_metrics_series_folded_total'), { '': 7 });
  agent.close();
});
