import t from 'tap';
import { addressOf } from './namespaces.ts';
import { whyNoKernel } from './node-fixture.ts';
import type { TestPod } from './pod-wiring.ts';
import { serviceRules } from './service-rules.ts';
import { watched } from './watched.ts';

const virtual = (port: number) => ({ address: addressOf('10.96.0.10'), port });
const virtual6 = { address: addressOf('fd00:96::10'), port: 80 };

t.test("a Service's address, behind which the node puts a pod", { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  const second = node.addPod('second');
  await w.podsKnown(3);
  const at = (pod: TestPod, port: number) => ({ address: pod.address, port });
  const both = (port: number) => [at(server, port), at(second, port)];
  node.nft(
    serviceRules([
      { virtual: virtual(80), protocol: 'TCP', backends: [at(server, 8080)] },
      { virtual: virtual(81), protocol: 'TCP', backends: both(8081) },
      { virtual: virtual(53), protocol: 'UDP', backends: [at(server, 5300)] },
      { virtual: virtual(54), protocol: 'UDP', backends: both(5400) },
    ]),
  );
  node.nft(
    serviceRules([{ virtual: virtual6, protocol: 'TCP', backends: [{ address: server.address6, port: 8080 }] }]),
  );
  const ports = ['tcp', '::', 8080, 'tcp', '::', 8081, 'udp', '0.0.0.0', 5300, 'udp', '0.0.0.0', 5400];
  for (const pod of [server, second]) await node.startPython(pod, 'hear', ...ports);
  const say = await node.startPython(client, 'speak');

  /** No record of the client counts a connection but those that name the backend. */
  const countedOnce = (port: number) =>
    w.records.filter(
      ({ pod, protocol, seenAs, counters }) =>
        pod.uid === 'uid-client' && protocol === 'TCP' && counters.established > 0 && seenAs?.port !== port,
    );

  for (const [family, service] of [
    ['address', virtual(80)],
    ['address6', virtual6],
  ] as const) {
    await t.test(`TCP, ${family}: the client's record names the backend and what the client saw`, async (t) => {
      for (let i = 0; i < 4; i++) await say.must(`c tcp ${service.address} 80`, 'c send 100', 'c close');
      const remote = server[family];
      const byClient = () => w.sum({ pod: client, role: 'client', remote, port: 8080, seenAs: service });
      const byServer = () => w.sum({ pod: server, role: 'server', remote: client[family], port: 8080, seenAs: null });
      await w.until(() => byServer().bytesToClient >= 1200, 'the server reports all');
      await w.until(() => byClient().bytesToClient >= 1200, 'the client reports all at the backend');
      await w.settled();
      t.match(byClient(), { attempts: 4, established: 4, refused: 0, bytesToServer: 400, bytesToClient: 1200 });
      t.match(byServer(), { attempts: 0, established: 4, bytesToServer: 400, bytesToClient: 1200 });
      t.same(countedOnce(80), [], 'and no other record counts them');
    });
  }

  await t.test('TCP with two backends: each has what its server says', async (t) => {
    for (let i = 0; i < 30; i++) await say.must(`c tcp ${virtual(81).address} 81`, 'c send 100', 'c close');
    const byClient = (pod: TestPod) =>
      w.sum({ pod: client, role: 'client', remote: pod.address, port: 8081, seenAs: virtual(81) });
    const byServer = (pod: TestPod) => w.sum({ pod, role: 'server', remote: client.address, port: 8081 });
    const total = (of: typeof byClient) => of(server).bytesToClient + of(second).bytesToClient;
    await w.until(() => total(byServer) >= 9000, 'the servers report all');
    await w.until(() => total(byClient) >= 9000, 'the client reports all at the backends');
    await w.settled();
    for (const pod of [server, second]) {
      const { established, bytesToServer, bytesToClient } = byServer(pod);
      t.ok(established > 0, `${pod.name} was chosen ${established} times`);
      t.match(byClient(pod), { attempts: established, established, bytesToServer, bytesToClient });
    }
    t.equal(byClient(server).established + byClient(second).established, 30);
    t.same(
      w.records.filter(({ pod, seenAs }) => pod.uid !== 'uid-client' && seenAs),
      [],
      'servers saw the client itself',
    );
  });

  await t.test('UDP: answers are at the backend, and nothing is counted twice or not at all', async (t) => {
    for (const [port, target, pods] of [
      [53, 5300, [server]],
      [54, 5400, [server, second]],
    ] as const) {
      for (let i = 0; i < 10; i++) await say.must(`u udp ${virtual(port).address} ${port}`, 'u send 10 2', 'u close');
      const known = () =>
        pods.map((pod) =>
          w.sum({ pod: client, role: 'client', remote: pod.address, port: target, seenAs: virtual(port) }),
        );
      const unknown = () => w.sum({ pod: client, role: 'client', remote: virtual(port).address, port });
      const total = (counter: 'packetsToServer' | 'packetsToClient' | 'bytesToServer' | 'bytesToClient') =>
        [unknown(), ...known()].reduce((sum, each) => sum + each[counter], 0);
      await w.until(() => total('packetsToClient') >= 20, 'all answers are reported');
      await w.settled();
      t.equal(total('packetsToServer'), 20);
      t.equal(total('bytesToServer'), 20 * 38);
      t.equal(total('bytesToClient'), 20 * 58);
      t.equal(unknown().packetsToClient, 0, 'every answer is at its backend');
      for (const [i, pod] of pods.entries()) {
        const { packetsToClient } = w.sum({ pod, role: 'server', remote: client.address, port: target });
        t.equal(known()[i]?.packetsToClient, packetsToClient, `as many as ${pod.name} sent`);
      }
      t.same(
        w.records.filter(
          ({ pod, protocol, port: reported }) =>
            pod.uid === 'uid-client' && protocol === 'UDP' && ![53, 54, 5300, 5400].includes(reported),
        ),
        [],
        'no edge per client port',
      );
    }
  });
});
