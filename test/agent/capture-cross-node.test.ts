import t from 'tap';
import { addressOf } from './namespaces.ts';
import { TestNode, whyNoKernel } from './node-fixture.ts';
import type { TestPod } from './pod-wiring.ts';
import { serviceRules } from './service-rules.ts';
import { Underlay } from './underlay-fixture.ts';
import { Watched } from './watched.ts';

const virtual = { address: addressOf('10.96.0.10'), port: 80 };
const virtualUdp = { address: addressOf('10.96.0.10'), port: 53 };

t.test('a Service whose pod is on another node', { skip: whyNoKernel() }, async (t) => {
  const nodes = [new TestNode(0), new TestNode(1)] as const;
  const [one, two] = nodes.map((node) => new Watched(t, { node })) as [Watched, Watched];
  const underlay = new Underlay(nodes);
  t.teardown(() => underlay.remove());
  const [client, server]: TestPod[] = [one.node.addPod('client'), two.node.addPod('server')];
  if (client === undefined || server === undefined) throw new Error('no pods');
  one.node.nft(
    serviceRules([
      { virtual, protocol: 'TCP', backends: [{ address: server.address, port: 8080 }] },
      { virtual: virtualUdp, protocol: 'UDP', backends: [{ address: server.address, port: 5300 }] },
    ]),
  );
  for (const w of [one, two]) {
    await w.listen();
    w.startAgent();
  }
  for (const w of [one, two]) await w.podsKnown(1);
  await two.node.startPython(server, 'hear', 'tcp', '::', 8080, 'udp', '0.0.0.0', 5300);
  const say = await one.node.startPython(client, 'speak');

  await t.test('TCP: each node names the pod at the other end', async (t) => {
    for (let i = 0; i < 4; i++) await say.must(`c tcp ${virtual.address} 80`, 'c send 100', 'c close');
    const byClient = () =>
      one.sum({ pod: client, role: 'client', remote: server.address, port: 8080, seenAs: virtual });
    const byServer = () => two.sum({ pod: server, role: 'server', remote: client.address, port: 8080, seenAs: null });
    await two.until(() => byServer().bytesToClient >= 1200, "the server's node reports all");
    await one.until(() => byClient().bytesToClient >= 1200, "the client's node reports all at the backend");
    await one.settled();
    t.match(byClient(), { attempts: 4, established: 4, bytesToServer: 400, bytesToClient: 1200 });
    t.match(byServer(), { attempts: 0, established: 4, bytesToServer: 400, bytesToClient: 1200 });
    const others = one.records.filter(({ counters, seenAs }) => counters.established > 0 && seenAs?.port !== 80);
    t.same(others, [], 'and no other record counts them');
  });

  await t.test('UDP: answers are at the pod', async (t) => {
    for (let i = 0; i < 4; i++) await say.must(`u udp ${virtualUdp.address} 53`, 'u send 10', 'u close');
    const known = () =>
      one.sum({ pod: client, role: 'client', remote: server.address, port: 5300, seenAs: virtualUdp });
    const unknown = () => one.sum({ pod: client, role: 'client', remote: virtualUdp.address, port: 53 });
    const byServer = () => two.sum({ pod: server, role: 'server', remote: client.address, port: 5300 });
    await two.until(() => byServer().packetsToClient >= 4, "the server's node reports all");
    await one.until(() => known().packetsToClient >= 4, "the client's node reports all at the backend");
    await one.settled();
    t.equal(known().packetsToServer + unknown().packetsToServer, 4);
    t.equal(known().packetsToClient, 4);
    t.match(byServer(), { packetsToServer: 4, packetsToClient: 4 });
  });

  await t.test('without a Service between, IPv6', async (t) => {
    await say.must(`c tcp ${server.address6} 8080`, 'c send 100', 'c close');
    const byClient = () => one.sum({ pod: client, remote: server.address6, port: 8080, seenAs: null });
    const byServer = () => two.sum({ pod: server, remote: client.address6, port: 8080, seenAs: null });
    await one.until(() => byClient().bytesToClient >= 300, "the client's node reports it");
    await two.until(() => byServer().bytesToClient >= 300, "the server's node reports it");
    for (const end of [byClient(), byServer()])
      t.match(end, { established: 1, bytesToServer: 100, bytesToClient: 300 });
  });
});
