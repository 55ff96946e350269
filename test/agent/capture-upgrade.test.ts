import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { afterMore, readCounts } from './load-counts.ts';
import { whyNoKernel } from './node-fixture.ts';
import { watched } from './watched.ts';

t.setTimeout(180_000);

/** Each has other programs than the one before, on maps of one layout. */
const generations = [
  ['--dns-names', 'off'],
  [],
  ['--without', 'drop-reasons'],
  ['--without', 'iterators'],
  [],
] as const;

t.test('other programs go on with what is in the maps', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  await node.startPython(server, 'hear', 'tcp', '0.0.0.0', 8080, 'tcp', '0.0.0.0', 8081, 'udp', '0.0.0.0', 5300);
  const say = await node.startPython(client, 'speak');
  await say.must(`long tcp ${server.address} 8081`, 'long send 100');
  const load = await node.startPython(client, 'load', server.address, 8080, 5300);
  for (const [i, flags] of generations.entries()) {
    await afterMore(load, 50);
    await w.agent.stop(i % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
    await afterMore(load, 50);
    await say.must('long send 100');
    w.startAgent(flags);
    await w.until(() => w.agent.lines.some(({ msg }) => msg === 'watching'), 'the next generation watches');
  }
  const counts = readCounts(await load.finish());
  await say.must('long close');
  const ends = (port: number) => [
    w.sum({ pod: client, role: 'client', remote: server.address, port }),
    w.sum({ pod: server, role: 'server', remote: client.address, port }),
  ];
  const sent = 100 * (1 + generations.length);
  await w.until(() => ends(8081).every(({ bytesToClient }) => bytesToClient >= 3 * sent), 'the long one is reported');
  await w.settled();
  for (const end of ends(8080)) {
    t.match(end, { established: counts.connections, refused: 0, unanswered: 0 });
    t.match(end, { bytesToServer: counts.bytesSent, bytesToClient: counts.bytesReceived });
  }
  for (const end of ends(5300)) t.match(end, { packetsToServer: counts.datagrams, packetsToClient: counts.datagrams });
  for (const end of ends(8081)) t.match(end, { established: 1, bytesToServer: sent, bytesToClient: 3 * sent });
  t.same(w.losses(), {});
});

t.test('maps of another layout are replaced, and the gap is told', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  await node.startPython(server, 'hear', 'tcp', '0.0.0.0', 8080);
  const say = await node.startPython(client, 'speak');
  await say.must(`a tcp ${server.address} 8080`, 'a send 100');
  await w.agent.stop('SIGKILL');
  const before = w.ingest.batches.length;
  w.startAgent(['--max-edges', '1024']);
  await w.until(() => w.losses()['capture-restart'] === 1, 'the gap is told');
  t.equal(w.ingest.batches.slice(before).filter(({ losses }) => 'capture-restart' in losses).length, 1, 'once');
  await w.podsKnown(2);
  await say.must(`b tcp ${server.address} 8080`, 'b send 100', 'a send 100');
  const open = () => w.sum({ pod: client, role: 'client', remote: server.address, port: 8080 });
  await w.until(() => open().established >= 2 && open().bytesToServer >= 200, 'what is open goes on');
});

t.test('another way to attach programs is taken, and the gap is told', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  await node.startPython(server, 'hear', 'udp', '0.0.0.0', 5300);
  const say = await node.startPython(client, 'speak');
  await say.must(`a udp ${server.address} 5300`);
  const sum = () => w.sum({ pod: client, role: 'client', remote: server.address, port: 5300 });
  let sent = 0;
  for (const flags of [['--without', 'tcx'], []]) {
    await w.agent.stop();
    const told = w.losses()['capture-restart'] ?? 0;
    w.startAgent(flags);
    await w.until(() => (w.losses()['capture-restart'] ?? 0) === told + 2, 'the gap of both interfaces is told');
    await say.must('a send 10');
    sent++;
    await w.until(() => sum().packetsToClient >= sent, 'the answer is reported');
    t.match(sum(), { packetsToServer: sent, packetsToClient: sent }, 'nothing is counted twice');
  }
});

t.test('a second agent of a node is refused', { skip: whyNoKernel() }, async (t) => {
  const { w } = await watched(t);
  const second = w.startAgent();
  t.equal(await second.exited(), 1);
  t.match(second.log, /weir-agent: Another agent watches this node: it keeps its capture in .*; stop it first/);
});

t.test('an agent that is asked to takes everything away', { skip: whyNoKernel() }, async (t) => {
  const { w, node } = await watched(t);
  await w.agent.stop();
  t.ok(readdirSync(join(node.pins, 'links')).length >= 4, 'it leaves its links');
  const status = await w.startAgent(['--remove-pins']).exited();
  t.equal(status, 0);
  t.notOk(existsSync(join(node.pins, 'links')) && readdirSync(join(node.pins, 'links')).length > 0, 'no link is left');
  w.startAgent();
  await w.until(() => w.agent.lines.some(({ origin }) => origin === 'fresh'), 'the next start begins anew');
});
