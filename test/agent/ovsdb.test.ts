import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { JsonStream } from '../../agent/identity/stores/json-stream.ts';
import { Ovsdb } from '../../agent/identity/stores/ovsdb.ts';
import { claimOfRow } from '../../agent/identity/stores/ovsdb-rows.ts';
import { socketFolder } from './unix-server.ts';
import { OvsdbServer, whyNoOvsdb } from './ovsdb-server.ts';

const containerId = 'b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184';
const ovnIds = {
  'iface-id': 'shop_web-1',
  'iface-id-ver': 'uid-web-1',
  sandbox: containerId,
  ip_addresses: '10.1.2.3/24',
};

const row = (name: string, ids: Readonly<Record<string, string>>, ifindex: unknown = 7) => ({
  name,
  ifindex,
  external_ids: ['map', Object.entries(ids)],
  type: '',
});

/** A monitor and a way to wait for its news. */
function monitor(t: Test, path: string) {
  let news = () => undefined as void;
  const options = { path, silenceMs: 200, firstRetryMs: 20, longestRetryMs: 100 };
  const ovsdb = new Ovsdb(options, () => news());
  t.teardown(() => ovsdb.close());
  const until = async (holds: () => boolean, what: string) => {
    const deadline = Date.now() + 10_000;
    while (!holds()) {
      if (Date.now() > deadline) throw new Error(`waited too long until ${what}: ${JSON.stringify(ovsdb.state)}`);
      await new Promise<void>((resolve) => {
        news = resolve;
        setTimeout(resolve, 50);
      });
    }
  };
  return { ovsdb, until };
}

t.test('each CNI on OVS says in its own words whose an interface is', async (t) => {
  const ovn = claimOfRow(row('b1946ac92492d23', ovnIds));
  t.match(ovn, {
    linkName: 'b1946ac92492d23',
    ifindex: 7,
    pod: { namespace: 'shop', name: 'web-1' },
    uid: 'uid-web-1',
  });
  const secondary = claimOfRow(row('x', { ...ovnIds, 'iface-id': 'tenant.red_shop_web-1' }));
  t.match(secondary, { pod: { namespace: 'shop', name: 'web-1' } }, 'on a network beside the pod’s own');
  const antreaIds = {
    'pod-name': 'web-1',
    'pod-namespace': 'shop',
    'container-id': containerId,
    'ip-address': '10.1.2.3',
  };
  t.match(claimOfRow(row('web-1-12ab34', antreaIds)), { pod: { namespace: 'shop', name: 'web-1' }, containerId });
  const sdn = claimOfRow(row('veth12ab34cd', { sandbox: containerId, ip: '10.1.2.3' }));
  t.match(sdn, { pod: null, containerId, address: '10.1.2.3' });
  t.equal(claimOfRow(row('br-int', {}, ['set', []])), null, 'the bridge itself is no pod’s');
  t.equal(claimOfRow(row('x', { 'iface-id': 'some_patch' })), null, 'a port without a sandbox is no pod’s');
  t.throws(() => claimOfRow({ name: 5 }));
});

t.test('a real ovsdb-server is followed row by row, and again after it was away', { skip: whyNoOvsdb() }, async (t) => {
  const server = new OvsdbServer();
  t.teardown(() => server.remove());
  await server.start();
  server.initialise();
  server.add({ name: 'b1946ac92492d23', ifindex: 7, externalIds: ovnIds });
  const { ovsdb, until } = monitor(t, server.socket);
  await until(() => ovsdb.claims().length === 1, 'the row that was there');
  t.match(ovsdb.state, { state: 'ok', detail: '1 interfaces of pods' });
  server.add({ name: 'second', ifindex: 8, externalIds: { ...ovnIds, 'iface-id': 'shop_web-2' } });
  await until(() => ovsdb.claims().length === 2, 'a new row');
  server.setIndex('second', 9);
  await until(() => ovsdb.claims().some(({ ifindex }) => ifindex === 9), 'a change');
  t.equal(ovsdb.claims().length, 2);
  await sleep(600);
  t.equal(ovsdb.state.state, 'ok', 'a server that has no news is asked and answers');
  await server.stop();
  await until(() => ovsdb.state.state === 'failing', 'the outage');
  t.same(ovsdb.claims(), [], 'nothing is believed that may have changed meanwhile');
  await server.start();
  await until(() => ovsdb.claims().length === 2, 'the server is back');
  server.clear();
  await until(() => ovsdb.claims().length === 0, 'removals');
});

/** A server that does with each connection what it is told to. */
async function double(t: Test, onConnection: (socket: Socket) => void): Promise<string> {
  const path = join(socketFolder(t), 'db.sock');
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return path;
}

const answer = (rows: readonly unknown[]) => {
  const updates = Object.fromEntries(rows.map((each, i) => [`uuid-${i}`, { new: each }]));
  return JSON.stringify({ id: 'weir', result: { Interface: updates }, error: null });
};

for (const [what, serve, complaint] of [
  ['answers garbage', (socket: Socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n'), /does not speak OVSDB/],
  ['answers other JSON', (socket: Socket) => void socket.write('{"id":"weir","result":[1,2]}'), /does not speak OVSDB/],
  [
    'refuses',
    (socket: Socket) => void socket.write('{"id":"weir","result":null,"error":"no"}'),
    /monitor was refused: "no"/,
  ],
  ['says nothing', () => undefined, /the server does not answer/],
  ['closes', (socket: Socket) => void socket.end(), /the server closed the connection/],
  [
    'answers without end',
    (socket: Socket) => {
      const chunk = `{"id":"${'x'.repeat(1 << 20)}`;
      for (let i = 0; i < 40; i++) socket.write(chunk.slice(i === 0 ? 0 : 7));
    },
    /more than \d+ bytes/,
  ],
] as const) {
  t.test(`a server that ${what} is a named problem and is tried again`, async (t) => {
    let connections = 0;
    const path = await double(t, (socket) => {
      connections++;
      serve(socket);
    });
    const { ovsdb, until } = monitor(t, path);
    await until(() => connections >= 3, 'a third attempt');
    t.match(ovsdb.state, { name: 'ovsdb', state: 'failing', detail: complaint });
    t.same(ovsdb.claims(), []);
  });
}

t.test('a server that is not there is a named problem', async (t) => {
  const { ovsdb, until } = monitor(t, join(socketFolder(t), 'nothing.sock'));
  await until(() => ovsdb.state.state === 'failing', 'the complaint');
  t.match(ovsdb.state.detail, /nothing.sock is not there: mount it, or name it with --ovsdb/);
});

t.test('rows that cannot be read are counted and hide no others', async (t) => {
  const path = await double(t, (socket) => {
    socket.write(answer([row('b1946ac92492d23', ovnIds), { name: 5 }, row('x', ovnIds, -1), 'row']));
  });
  const { ovsdb, until } = monitor(t, path);
  await until(() => ovsdb.state.state === 'ok', 'the answer');
  t.match(ovsdb.state.detail, '1 interfaces of pods, 3 rows could not be read');
});

t.test('an echo is answered, also when it comes in pieces with other messages', async (t) => {
  let said = '';
  const path = await double(t, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const text = `${answer([])}{"method":"echo","params":["a}\\"{"],"id":"e1"}{"method":"echo","params":[],"id":2}`;
    void (async () => {
      for (const letter of text) {
        socket.write(letter);
        await new Promise(setImmediate);
      }
    })();
  });
  const { until } = monitor(t, path);
  await until(() => said.includes('"id":2'), 'the second echo is answered');
  t.match(said, '{"id":"e1","result":["a}\\"{"],"error":null}');
});

t.test('a stream of objects is cut where they end, whatever is in their texts', async (t) => {
  const objects = [{ a: '}{]["\\' }, [1, [2]], { 'ü"': { b: [] } }];
  const bytes = Buffer.from(objects.map((each) => JSON.stringify(each)).join('\n '));
  for (const size of [1, 2, 7, bytes.length]) {
    const stream = new JsonStream(100);
    const found: unknown[] = [];
    for (let at = 0; at < bytes.length; at += size) found.push(...stream.add(bytes.subarray(at, at + size)));
    t.same(found, objects, `in pieces of ${size}`);
  }
  for (const text of ['5', '}', 'null', '{"a":}']) t.throws(() => new JsonStream(100).add(Buffer.from(text)), text);
  t.throws(() => new JsonStream(10).add(Buffer.from('{"a":"0123456789')), RangeError);
});
