import t from 'tap';
import { whyNoKernel } from './node-fixture.ts';
import { watched } from './watched.ts';

t.test('connections that come to nothing', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  const say = await node.startPython(client, 'speak');

  for (const family of ['address', 'address6'] as const) {
    await t.test(`refused by the server's reset, ${family}`, async (t) => {
      for (let i = 0; i < 3; i++) t.equal(await say.ask(`c tcp ${server[family]} 81`), 'error ECONNREFUSED');
      const ends = () => [
        w.sum({ pod: client, role: 'client', remote: server[family], port: 81, protocol: 'TCP' }),
        w.sum({ pod: server, role: 'server', remote: client[family], port: 81, protocol: 'TCP' }),
      ];
      await w.until(() => ends().every(({ refused }) => refused >= 3), 'both ends count what was refused');
      const [byClient, byServer] = ends();
      t.match(byClient, { attempts: 3, established: 0, refused: 3, unanswered: 0, synPackets: 3 });
      t.match(byServer, { attempts: 0, established: 0, refused: 3, unanswered: 0, synPackets: 3 });
      t.same([byClient?.drops, byServer?.drops], [{}, {}], 'that nobody listens is not a drop');
    });
  }

  await t.test('never answered, because nothing has the address', async (t) => {
    const nowhere = '192.0.2.1';
    node.run(['ip', 'route', 'add', 'blackhole', nowhere]);
    t.equal(await say.ask(`c tcp ${nowhere} 82 0.3`), 'error TIMEOUT');
    const sum = () => w.sum({ pod: client, role: 'client', remote: nowhere, port: 82 });
    await w.until(() => sum().unanswered === 1, 'the attempt is over');
    t.match(sum(), { attempts: 1, established: 0, refused: 0, bytesToServer: 0, bytesToClient: 0 });
  });

  await t.test('traffic inside a pod is not a flow', async (t) => {
    await node.startPython(server, 'hear', 'tcp', '::', 8080, 'udp', '0.0.0.0', 5300);
    const inside = await node.startPython(server, 'speak');
    for (const target of ['127.0.0.1', '::1', server.address, server.address6]) {
      await inside.must(`c tcp ${target} 8080`, 'c send 10', 'c close');
    }
    await inside.must('u udp 127.0.0.1 5300', 'u send 10');
    await say.must(`c tcp ${server.address} 8080`, 'c send 10', 'c close');
    const seen = () => w.sum({ pod: server, role: 'server', remote: client.address, port: 8080 });
    await w.until(() => seen().established === 1, 'the flow from outside is reported');
    await w.settled();
    t.same(w.edges(), [
      `client as client TCP ${server.address} 8080`,
      `client as client TCP ${server.address} 81`,
      'client as client TCP 192.0.2.1 82',
      `client as client TCP ${server.address6} 81`,
      `server as server TCP ${client.address} 8080`,
      `server as server TCP ${client.address} 81`,
      `server as server TCP ${client.address6} 81`,
    ]);
  });
});
