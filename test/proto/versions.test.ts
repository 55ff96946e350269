import { Client, credentials, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { Exporter } from '../../agent/export/exporter.ts';
import { BatchWriter } from '../../proto/encode-batch.ts';
import { commonVersion } from '../../proto/limits.ts';
import { connect } from '../../proto/services.ts';
import { anyStatus, call, noState, openSpool, windowOf } from '../agent/spools.ts';
import { batchOf, call as callOf } from '../aggregator/pusher.ts';
import { start, TestCluster } from '../aggregator/running.ts';
import { columnBatchOf } from './columns.ts';
import { eagerExporter } from '../agent/exporter-options.ts';

const source = join(import.meta.dirname, '..', '..', '..', 'proto', 'weir', 'v1', 'ingest.proto');
const options = { longs: Number, enums: String, defaults: true, oneofs: true };
type Frame = Readonly<Record<string, unknown>>;

function temporary(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-wire-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The service of another version of Weir, whose wire differs by these replacements in its text. */
function otherService(t: Test, changes: readonly (readonly [RegExp, string])[]): ServiceDefinition {
  const folder = temporary(t);
  let text = readFileSync(source, 'utf8');
  for (const [from, to] of changes) {
    if (!from.test(text)) throw new Error(`nothing in the wire is ${String(from)}`);
    text = text.replace(from, to);
  }
  const file = 'weir/v1/ingest.proto';
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
  return loadSync(file, { ...options, includeDirs: [folder] })['weir.v1.IngestService'] as ServiceDefinition;
}

const newer = [
  [/message Hello \{/, 'message Hello { string future = 100; repeated string more = 101;'],
  [/message Batch \{/, 'message Batch { bytes signature = 100;'],
  [/message Welcome \{/, 'message Welcome { string future = 100;'],
  [/message Ack \{/, 'message Ack { string future = 100;'],
] as const;
/** As if nobody had thought of limits, of a pace or of asking for a dictionary yet. */
const older = [
  [/ {2}Limits limits = 4;/, ''],
  [/ {2}uint32 credits = 2;\n {2}\/\/ The agent sends nothing[^\n]*\n {2}uint32 throttle_ms = 3;/, ''],
  [/ {4}NeedDictionary need_dictionary = 3;/, ''],
] as const;

/** A stream of another version's client: sends frames, and gives the answers that it understands. */
function pushFrom(t: Test, service: ServiceDefinition, address: string) {
  const client = new Client(address, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = service['Push'] as ServiceDefinition[string];
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  const answers: Frame[] = [];
  let wake = () => undefined as unknown;
  stream.on('data', (answer: Frame) => {
    answers.push(answer);
    wake();
  });
  const error = new Promise<Error>((resolve) => stream.on('error', resolve));
  t.teardown(() => {
    stream.cancel();
    client.close();
  });
  const answer = async () => {
    while (answers.length === 0) await new Promise((resolve) => (wake = () => resolve(undefined)));
    return answers.shift() as Frame;
  };
  return { send: (frame: Frame) => stream.write(frame), answer, error };
}

const hello = { cluster: 'demo', node: 'n1', agentVersion: '9.0.0', oldest: null, forgotten: null, status: null };
const batch = new BatchWriter().write(columnBatchOf(batchOf(1, [callOf('cart-1', '203.0.113.7', 443)])), null);

for (const [name, changes, versions] of [
  ['newer', newer, [2, 1]],
  ['older', older, [1]],
] as const) {
  t.test(`a ${name} agent and this aggregator understand each other`, async (t) => {
    const { aggregator } = await start(t, new TestCluster());
    const agent = pushFrom(t, otherService(t, changes), aggregator.addresses[0] as string);
    agent.send({ hello: { ...hello, versions, future: 'f', more: ['a', 'b'] } });
    t.match(await agent.answer(), { welcome: { version: 1, committed: null } });
    agent.send({ batch: { ...batch, signature: Buffer.from('s') } });
    t.match(await agent.answer(), { ack: { committed: { sequence: 1 } } });
  });

  t.test(`this agent and a ${name} aggregator understand each other`, async (t) => {
    const service = otherService(t, changes);
    const server = new Server();
    const hellos: Frame[] = [];
    const push = (stream: ServerDuplexStream<Frame, Frame>) => {
      let sequence = 0;
      stream.on('data', (frame: Frame) => {
        if (frame['hello'] !== undefined) {
          hellos.push(frame['hello'] as Frame);
          stream.write({ welcome: { credits: 2, version: 1, future: 'f' } });
        } else {
          stream.write({ ack: { committed: { epoch: 5, sequence: ++sequence }, future: 'f' } });
        }
      });
      stream.on('error', () => undefined);
    };
    server.addService(service, { Push: push });
    const address = `unix:${join(temporary(t), 'ingest.sock')}`;
    await new Promise((resolve) => server.bindAsync(address, ServerCredentials.createInsecure(), resolve));
    t.teardown(() => server.forceShutdown());
    const spool = openSpool(join(temporary(t), 'spool'), 5);
    for (const number of [1, 2, 3]) spool.append(windowOf(number, [call(80)]), noState);
    const own = { ...eagerExporter, cluster: 'c' };
    const exporter = new Exporter(
      () => connect(address),
      spool,
      own,
      () => anyStatus,
      pino({ level: 'silent' }),
    );
    t.teardown(() => exporter.stop());
    exporter.start();
    while (spool.pending.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    t.match(hellos, [{ versions: [1], node: 'n1' }]);
    t.equal(exporter.ledger.sent, 3);
  });
}

t.test('an agent with no version in common is told what each side can', async (t) => {
  const { aggregator } = await start(t, new TestCluster());
  for (const [versions, offered] of [
    [[7, 8], '7, 8'],
    [[], 'none'],
  ] as const) {
    const agent = pushFrom(t, otherService(t, newer), aggregator.addresses[0] as string);
    agent.send({ hello: { ...hello, versions } });
    t.match((await agent.error).message, new RegExp(`agent 9.0.0 writes ${offered}, this aggregator reads 1; upgrade`));
  }
});

t.test('the latest version that both sides know is chosen', async (t) => {
  t.equal(commonVersion([1, 2, 3], [4, 3, 1]), 3);
  t.equal(commonVersion([1], [4, 3, 1]), 1);
  t.equal(commonVersion([2], [4, 3, 1]), null);
});
