import t from 'tap';
import { afterMore, readCounts } from './load-counts.ts';
import { whyNoKernel } from './node-fixture.ts';
import { watched } from './watched.ts';

t.test('what the kernel counted while the agent was away is reported once', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  await node.startPython(server, 'hear', 'tcp', '0.0.0.0', 8080, 'udp', '0.0.0.0', 5300);
  const load = await node.startPython(client, 'load', server.address, 8080, 5300);
  const tcp = () => [
    w.sum({ pod: client, role: 'client', remote: server.address, port: 8080 }),
    w.sum({ pod: server, role: 'server', remote: client.address, port: 8080 }),
  ];
  const udp = () => [
    w.sum({ pod: client, role: 'client', remote: server.address, port: 5300 }),
    w.sum({ pod: server, role: 'server', remote: client.address, port: 5300 }),
  ];
  const established = () => tcp()[0]?.established ?? 0;
  for (const signal of ['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
    const reported = established();
    await w.until(() => established() > reported + 50, 'the agent reports');
    await w.agent.stop(signal);
    await afterMore(load, 50);
    w.startAgent();
  }
  // A pod that comes while nobody looks: its sockets were counted all the same.
  await w.agent.stop('SIGKILL');
  const late = node.addPod('late');
  const say = await node.startPython(late, 'speak');
  await say.must(`c tcp ${server.address} 8080`, 'c send 1000', 'c close');
  w.startAgent();
  const counts = readCounts(await load.finish());
  await w.until(() => tcp().every(({ bytesToClient }) => bytesToClient >= counts.bytesReceived), 'all is reported');
  await w.settled();
  for (const end of tcp()) {
    t.match(end, { established: counts.connections, refused: 0, unanswered: 0 });
    t.match(end, { bytesToServer: counts.bytesSent, bytesToClient: counts.bytesReceived });
  }
  for (const end of udp()) {
    t.match(end, { packetsToServer: counts.datagrams, packetsToClient: counts.datagrams });
    t.match(end, { bytesToServer: counts.datagrams * 38, bytesToClient: counts.datagrams * 58 });
  }
  t.equal(tcp()[0]?.attempts, counts.connections);
  const ofLate = w.sum({ pod: late, role: 'client', remote: server.address, port: 8080 });
  t.match(ofLate, { attempts: 1, established: 1, bytesToServer: 1000, bytesToClient: 3000 });
  t.match(w.evidence({ pod: client, port: 5300 }), [/^(listener|first-packet|conntrack)$/]);
  t.same(w.losses(), {});
  t.same(w.edges(), [
    `client as client TCP ${server.address} 8080`,
    `client as client UDP ${server.address} 5300`,
    `late as client TCP ${server.address} 8080`,
    `server as server TCP ${client.address} 8080`,
    `server as server TCP ${late.address} 8080`,
    `server as server UDP ${client.address} 5300`,
  ]);
});

t.test('traffic goes on when the agent is killed', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  await node.startPython(server, 'hear', 'tcp', '0.0.0.0', 8080, 'udp', '0.0.0.0', 5300);
  const say = await node.startPython(client, 'speak');
  await say.must(`c tcp ${server.address} 8080`, 'c send 10', `u udp ${server.address} 5300`, 'u send 10');
  await w.agent.stop('SIGKILL');
  t.equal(await say.ask('c send 1000 10'), 'ok', 'on connections that are open');
  t.equal(await say.ask('u send 1000 10'), 'ok');
  t.equal(await say.ask(`d tcp ${server.address} 8080`), 'ok', 'and on new ones');
  t.equal(await say.ask('d send 1000 10'), 'ok');
});
