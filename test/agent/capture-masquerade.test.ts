import t from 'tap';
import { addressOf } from './namespaces.ts';
import { whyNoKernel } from './node-fixture.ts';
import { serviceRules } from './service-rules.ts';
import { watched } from './watched.ts';

const virtual = (port: number) => ({ address: addressOf('10.96.0.10'), port });

t.test('a client that the node masquerades', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  const backend = { address: server.address, port: 8080 };
  node.nft(
    serviceRules([
      { virtual: virtual(80), protocol: 'TCP', backends: [backend] },
      { virtual: virtual(81), protocol: 'TCP', backends: [{ ...backend, port: 8081 }], masquerade: true },
    ]),
  );
  await node.startPython(server, 'hear', 'tcp', '0.0.0.0', 8080, 'tcp', '0.0.0.0', 8081);

  await t.test('a pod that reaches itself through its Service', async (t) => {
    const say = await node.startPython(server, 'speak');
    for (let i = 0; i < 3; i++) await say.must(`c tcp ${virtual(80).address} 80`, 'c send 100', 'c close');
    const own = { pod: server, remote: server.address, port: 8080, protocol: 'TCP' } as const;
    const asClient = () => w.sum({ ...own, role: 'client', seenAs: virtual(80) });
    const asServer = () => w.sum({ ...own, role: 'server', seenAs: { address: node.address, port: 8080 } });
    await w.until(() => asClient().bytesToClient >= 900, 'it reports itself as a client');
    await w.until(() => asServer().bytesToClient >= 900, 'and as a server');
    await w.settled();
    t.match(asClient(), { attempts: 3, established: 3, bytesToServer: 300, bytesToClient: 900 });
    t.match(asServer(), { attempts: 0, established: 3, bytesToServer: 300, bytesToClient: 900 });
  });

  await t.test('the server sees the node, and its record names the client all the same', async (t) => {
    const say = await node.startPython(client, 'speak');
    for (let i = 0; i < 3; i++) await say.must(`c tcp ${virtual(81).address} 81`, 'c send 100', 'c close');
    const byClient = () =>
      w.sum({ pod: client, role: 'client', remote: server.address, port: 8081, seenAs: virtual(81) });
    const seenAs = { address: node.address, port: 8081 };
    const byServer = () => w.sum({ pod: server, role: 'server', remote: client.address, port: 8081, seenAs });
    await w.until(() => byClient().bytesToClient >= 900, 'the client reports all');
    await w.until(() => byServer().bytesToClient >= 900, 'the server reports all');
    await w.settled();
    t.match(byClient(), { attempts: 3, established: 3, bytesToServer: 300, bytesToClient: 900 });
    t.match(byServer(), { attempts: 0, established: 3, bytesToServer: 300, bytesToClient: 900 });
  });

  const counted = w.records.filter(({ counters }) => counters.established > 0);
  const sum = counted.reduce((total, { counters }) => total + counters.established, 0);
  t.equal(sum, 12, 'every connection is counted once at each end');
  t.ok(
    counted.every(({ seenAs }) => seenAs),
    'all of them translated',
  );
});
