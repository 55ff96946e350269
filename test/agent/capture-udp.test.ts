import t from 'tap';
import { whyNoKernel } from './node-fixture.ts';
import { watched } from './watched.ts';

/** Bytes of an IP and a UDP header. */
const headers = { address: 28, address6: 48 } as const;

t.test('UDP by who spoke first', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  await node.startPython(server, 'hear', 'udp', '0.0.0.0', 5300, 'udp', '::', 5306, 'udp', '0.0.0.0', 5301);
  const say = await node.startPython(client, 'speak');

  for (const [family, port] of [
    ['address', 5300],
    ['address6', 5306],
  ] as const) {
    await t.test(`packets and bytes of both ends, ${family}`, async (t) => {
      for (let i = 0; i < 5; i++) await say.must(`u udp ${server[family]} ${port}`, 'u send 10', 'u close');
      const ends = () => [
        w.sum({ pod: client, role: 'client', remote: server[family], port, protocol: 'UDP' }),
        w.sum({ pod: server, role: 'server', remote: client[family], port, protocol: 'UDP' }),
      ];
      await w.until(() => ends().every(({ packetsToClient }) => packetsToClient >= 5), 'all answers are reported');
      for (const end of ends()) {
        t.match(end, { packetsToServer: 5, packetsToClient: 5, refused: 0, attempts: 0, established: 0, drops: {} });
        t.match(end, { bytesToServer: 5 * (headers[family] + 10), bytesToClient: 5 * (headers[family] + 30) });
      }
      for (const pod of [client, server]) {
        for (const evidence of w.evidence({ pod, port })) t.match(evidence, /^(listener|first-packet|conntrack)$/);
      }
    });

    await t.test(`a port where nobody listens refuses, ${family}`, async (t) => {
      for (let i = 0; i < 3; i++) {
        await say.must(`u udp ${server[family]} 5999`);
        t.equal(await say.ask('u send 10'), 'error ECONNREFUSED');
        await say.must('u close');
      }
      const byClient = () => w.sum({ pod: client, role: 'client', remote: server[family], port: 5999 });
      await w.until(() => byClient().refused >= 3, 'the refusals are reported');
      await w.settled();
      t.match(byClient(), { packetsToServer: 3, packetsToClient: 0, refused: 3, drops: {} });
      const byServer = w.sum({ pod: server, role: 'server', remote: client[family], port: 5999 });
      t.match(byServer, { packetsToServer: 3, packetsToClient: 0, drops: {} });
    });
  }

  await t.test('one buffer that stands for many datagrams is many', async (t) => {
    const [udpLevel, segment, hundred] = [17, 103, '64000000'];
    await say.must(`g udp ${server.address} 5301`, `g option ${udpLevel} ${segment} ${hundred}`, 'g send 1000');
    const byClient = () => w.sum({ pod: client, role: 'client', remote: server.address, port: 5301 });
    await w.until(() => byClient().packetsToClient >= 10, 'all are reported');
    t.match(byClient(), { packetsToServer: 10, packetsToClient: 10 });
  });

  await w.settled();
  t.same(
    w.edges(),
    [client, server].flatMap((pod) => {
      const [role, far] = pod === client ? ['client', server] : ['server', client];
      return [
        `${pod.name} as ${role} UDP ${far.address} 5300`,
        `${pod.name} as ${role} UDP ${far.address} 5301`,
        `${pod.name} as ${role} UDP ${far.address} 5999`,
        `${pod.name} as ${role} UDP ${far.address6} 5306`,
        `${pod.name} as ${role} UDP ${far.address6} 5999`,
      ];
    }),
    'no edge per client port, and none of errors',
  );
});
