import t from 'tap';
import { addressOf } from './namespaces.ts';
import { whyNoKernel } from './node-fixture.ts';
import type { TestPod } from './pod-wiring.ts';
import { serviceRules } from './service-rules.ts';
import { Watched } from './watched.ts';

const virtual = { address: addressOf('10.96.0.10'), port: 80 };
const virtual6 = { address: addressOf('fd00:96::10'), port: 80 };
const masked = { address: addressOf('10.96.0.11'), port: 80 };

t.test('connections that went through a Service before the agent started', { skip: whyNoKernel() }, async (t) => {
  const w = new Watched(t);
  const { node } = w;
  await w.listen();
  const [client, one, other] = node.addPods(['client', 'one', 'other']) as [TestPod, TestPod, TestPod];
  const servers = [one, other];
  const at = (family: 'address' | 'address6') => servers.map((pod) => ({ address: pod[family], port: 8080 }));
  node.nft(
    serviceRules([
      { virtual, protocol: 'TCP', backends: at('address') },
      { virtual: masked, protocol: 'TCP', backends: at('address'), masquerade: true },
    ]),
  );
  node.nft(serviceRules([{ virtual: virtual6, protocol: 'TCP', backends: at('address6') }]));
  for (const pod of servers) await node.startPython(pod, 'hear', 'tcp', '::', 8080);
  const say = await node.startPython(client, 'speak');
  const connections = 12;
  for (const { address, port } of [virtual, virtual6, masked]) {
    for (let i = 0; i < connections; i++)
      await say.must(`c${i}-${address} tcp ${address} ${port}`, `c${i}-${address} send 5`);
  }
  w.startAgent();
  await w.podsKnown(3);
  const total = (of: (pod: TestPod) => { readonly established: number }) =>
    servers.reduce((sum, pod) => sum + of(pod).established, 0);

  for (const [family, service] of [
    ['address', virtual],
    ['address6', virtual6],
    ['address', masked],
  ] as const) {
    const byClient = (pod: TestPod) =>
      w.sum({ pod: client, role: 'client', remote: pod[family], port: 8080, seenAs: service });
    await w.until(() => total(byClient) >= connections, `the client reports all of ${service.address} at the backends`);
    t.equal(total(byClient), connections);
  }
  const byServer = (pod: TestPod) => w.sum({ pod, role: 'server', remote: client.address, port: 8080 });
  await w.until(
    () => total(byServer) >= 2 * connections,
    'the servers report the client, also where it is masqueraded',
  );
  await say.must(`c0-${virtual.address} send 100`, `c0-${virtual.address} close`);
  const sent = () =>
    servers.reduce(
      (sum, pod) =>
        sum + w.sum({ pod: client, role: 'client', remote: pod.address, port: 8080, seenAs: virtual }).bytesToServer,
      0,
    );
  await w.until(() => sent() >= 100, 'what is sent from now on is reported at the backend');
  await w.settled();
  t.equal(sent(), 100);
  const direct = new Set<string>(servers.flatMap((pod) => [pod.address, pod.address6]));
  t.same(
    w.records.filter(({ pod, remote }) => pod.uid === 'uid-client' && !direct.has(remote)),
    [],
    "no record has a Service's address for its far end",
  );
  const clients = new Set<string>([client.address, client.address6]);
  t.same(
    w.records.filter(({ pod, remote }) => pod.uid !== 'uid-client' && !clients.has(remote)),
    [],
    'and none the address that the node put in place of the client',
  );
});
