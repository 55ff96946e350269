import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { whyNoKernel } from './node-fixture.ts';
import { watched } from './watched.ts';

t.test('pods come and go', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  await node.startPython(server, 'hear', 'tcp', '0.0.0.0', 8080, 'udp', '0.0.0.0', 5300);

  await t.test('an interface is watched 100 ms after it is up', async (t) => {
    const watchedAfterMs = 100;
    for (let i = 0; i < 5; i++) {
      const pod = node.addPod(`fresh-${i}`);
      const up = performance.now();
      const [say] = await Promise.all([
        node.startPython(pod, 'speak'),
        node.startPython(pod, 'hear', 'udp', '0.0.0.0', 5301),
      ]);
      const other = await node.startPython(client, 'speak');
      await sleep(Math.max(0, watchedAfterMs - (performance.now() - up)));
      await say.must(`u udp ${server.address} 5300`, 'u send 10 3');
      await other.must(`u udp ${pod.address} 5301`, 'u send 10 2');
      const asClient = () => w.sum({ pod, role: 'client', remote: server.address, port: 5300, protocol: 'UDP' });
      const asServer = () => w.sum({ pod, role: 'server', remote: client.address, port: 5301, protocol: 'UDP' });
      await w.until(() => asServer().packetsToClient >= 2, `${pod.name} is reported`);
      await w.settled();
      t.match(asClient(), { packetsToServer: 3, bytesToServer: 3 * 38, packetsToClient: 3 });
      t.match(asServer(), { packetsToServer: 2, bytesToServer: 2 * 38, packetsToClient: 2 });
      t.equal(w.edges().filter((edge) => edge.startsWith(pod.name)).length, 2, 'with the right direction');
      node.deletePod(pod);
    }
  });

  await t.test('a pod that speaks before its name is known', async (t) => {
    const late = node.addPod('late', { named: false });
    const say = await node.startPython(late, 'speak');
    for (let i = 0; i < 3; i++) await say.must(`c tcp ${server.address} 8080`, 'c send 10', 'c close');
    const sum = () => w.sum({ pod: late, role: 'client', remote: server.address, port: 8080 });
    await w.settled();
    t.equal(sum().established, 0, 'is held back');
    t.match(w.ingest.statuses.at(-1)?.unresolvedInterfaces, [/no sandbox is known/]);
    node.nameLater(late);
    await w.until(() => sum().established === 3, 'the name is there');
    t.match(sum(), { attempts: 3, bytesToServer: 30, bytesToClient: 90 });
    t.same(w.ingest.statuses.at(-1)?.unresolvedInterfaces, []);
  });

  await t.test('what a pod did right before it was deleted', async (t) => {
    const short = node.addPod('short');
    await w.podsKnown(4);
    const say = await node.startPython(short, 'speak');
    await say.must(`u udp ${server.address} 5300`, 'u send 10 3');
    for (let i = 0; i < 4; i++) await say.must(`c tcp ${server.address} 8080`, 'c send 10', 'c close');
    node.deletePod(short);
    const tcp = () => w.sum({ pod: short, role: 'client', remote: server.address, port: 8080 });
    const udp = () => w.sum({ pod: short, role: 'client', remote: server.address, port: 5300 });
    await w.until(() => tcp().bytesToServer >= 40 && udp().packetsToClient >= 3, 'its last flows are reported');
    await w.until(() => w.ingest.statuses.at(-1)?.interfacesAttached === 3, 'its interface is let go');
    t.match(tcp(), { attempts: 4, established: 4, bytesToServer: 40, bytesToClient: 120 });
    t.match(udp(), { packetsToServer: 3, packetsToClient: 3 });
  });
});
