import t from 'tap';
import { writeSettings } from './namespaces.ts';
import { whyNoKernel } from './node-fixture.ts';
import type { TestPod } from './pod-wiring.ts';
import { Watched, watched } from './watched.ts';

t.test('a connection that stays open is reported while it is open', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  await node.startPython(server, 'hear', 'tcp', '0.0.0.0', 8080);
  const say = await node.startPython(client, 'speak');
  const ends = () => [
    w.sum({ pod: client, role: 'client', remote: server.address, port: 8080 }),
    w.sum({ pod: server, role: 'server', remote: client.address, port: 8080 }),
  ];
  const reported = (bytes: number) =>
    ends().every(({ bytesToServer, bytesToClient }) => bytesToServer === bytes && bytesToClient === 3 * bytes);
  await say.must(`c tcp ${server.address} 8080`, 'c send 1000');
  await w.until(() => reported(1000), 'its first bytes are reported');
  await w.settled();
  t.ok(reported(1000), 'silence adds nothing');
  await say.must('c send 1000');
  await w.until(() => reported(2000), 'later bytes are reported as they come');
  await say.must('c send 500', 'c close');
  await w.until(() => reported(2500), 'and the last ones after it was closed');
  await w.settled();
  for (const end of ends()) {
    t.match(end, { established: 1, refused: 0, unanswered: 0, bytesToServer: 2500, bytesToClient: 7500 });
    t.ok(end.rttSamples > 0 && end.rttMicros > 0, 'with round trips');
  }
  t.same(w.edges(), [`client as client TCP ${server.address} 8080`, `server as server TCP ${client.address} 8080`]);
});

t.test('connections that were open before the agent started', { skip: whyNoKernel() }, async (t) => {
  const w = new Watched(t);
  const { node } = w;
  await w.listen();
  const [client, server] = node.addPods(['client', 'server']) as [TestPod, TestPod];
  // Port numbers shall tell nothing: the client's are lower than the server's.
  writeSettings(client.netns, { 'ipv4/ip_local_port_range': '20000 20100' });
  await node.startPython(server, 'hear', 'tcp', '::', 60_000);
  const say = await node.startPython(client, 'speak');
  for (const name of ['a', 'b', 'c']) await say.must(`${name} tcp ${server.address} 60000`, `${name} send 5000`);
  await say.must(`six tcp ${server.address6} 60000`, 'six send 5000');
  w.startAgent();
  await w.podsKnown(2);
  const ends = () => [
    w.sum({ pod: client, role: 'client', remote: server.address, port: 60_000 }),
    w.sum({ pod: server, role: 'server', remote: client.address, port: 60_000 }),
  ];
  const sixes = () => [
    w.sum({ pod: client, role: 'client', remote: server.address6, port: 60_000 }),
    w.sum({ pod: server, role: 'server', remote: client.address6, port: 60_000 }),
  ];
  await w.until(() => ends().every(({ established }) => established >= 3), 'they are found');
  await w.until(() => sixes().every(({ established }) => established >= 1), 'those of IPv6 too');
  await w.settled();
  for (const end of [...ends(), ...sixes()]) {
    t.match(end, { bytesToServer: 0, bytesToClient: 0, refused: 0, unanswered: 0 }, 'what they did before is not told');
  }
  await say.must('a send 100', 'b send 200', 'a send 30', 'six send 7');
  await w.until(() => ends().every(({ bytesToClient }) => bytesToClient >= 990), 'what they do now is');
  await say.must(
    'a close',
    'b send 1',
    'b close',
    'six close',
    `d tcp ${server.address} 60000`,
    'd send 10',
    'd close',
  );
  await w.until(() => ends().every(({ established }) => established >= 4), 'a new one comes on top');
  await w.settled();
  for (const end of ends()) t.match(end, { established: 4, bytesToServer: 341, bytesToClient: 1023 });
  for (const end of sixes()) t.match(end, { established: 1, bytesToServer: 7, bytesToClient: 21 });
  t.same(w.evidence({ pod: client }), ['handshake']);
  t.same(w.evidence({ pod: server }), ['handshake']);
  t.same(w.edges(), [
    `client as client TCP ${server.address} 60000`,
    `client as client TCP ${server.address6} 60000`,
    `server as server TCP ${client.address} 60000`,
    `server as server TCP ${client.address6} 60000`,
  ]);
});
