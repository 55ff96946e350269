import t from 'tap';
import { ipBatch } from './namespaces.ts';
import { whyNoKernel } from './node-fixture.ts';
import { watched } from './watched.ts';

/** The header behind that of IPv6: of most messages, and of those about groups. */
const icmp6 = 58;
const hopByHop = 0;

t.test('echo requests are flows, and no other ICMP is', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  for (const { family, protocol, type, header } of [
    { family: 'address', protocol: 'ICMP', type: 8, header: 20 },
    { family: 'address6', protocol: 'ICMPv6', type: 128, header: 40 },
  ] as const) {
    await t.test(protocol, async (t) => {
      t.equal(node.python(client, 'icmp', server[family], 4, 56).trim(), '4');
      const port = type * 256;
      const ends = () => [
        w.sum({ pod: client, role: 'client', remote: server[family], port, protocol }),
        w.sum({ pod: server, role: 'server', remote: client[family], port, protocol }),
      ];
      await w.until(() => ends().every(({ packetsToClient }) => packetsToClient >= 4), 'all answers are reported');
      const bytes = 4 * (header + 8 + 56);
      for (const end of ends()) {
        t.match(end, { packetsToServer: 4, packetsToClient: 4, bytesToServer: bytes, bytesToClient: bytes });
        t.match(end, { attempts: 0, established: 0, refused: 0, synPackets: 0, drops: {} });
      }
      for (const pod of [client, server]) {
        t.notOk(w.evidence({ pod, protocol }).includes('ports'), 'the type of the message tells who asked');
      }
    });
  }

  await t.test('a request that nobody answers', async (t) => {
    node.run(['ip', 'route', 'add', 'blackhole', '192.0.2.1']);
    t.equal(node.python(client, 'icmp', '192.0.2.1', 2, 10, 0.1).trim(), '0');
    const sum = () => w.sum({ pod: client, role: 'client', remote: '192.0.2.1', protocol: 'ICMP' });
    await w.until(() => sum().packetsToServer >= 2, 'the requests are reported');
    t.match(sum(), { packetsToServer: 2, packetsToClient: 0, bytesToServer: 2 * 38 });
  });

  await t.test('neighbours, routers, groups and errors are not flows', async (t) => {
    const sniffer = await node.startPython(client, 'sniff', 'eth0');
    // A new address is probed for and its group joined, and the node looks for its neighbour once more.
    ipBatch(client.netns, ['addr add fd00:9::ffff/128 dev eth0']);
    ipBatch(node.netns, [`neigh flush dev ${client.interface}`]);
    const say = await node.startPython(server, 'speak');
    await say.must(`u udp ${client.address6} 5999`);
    t.equal(await say.ask('u send 10'), 'error ECONNREFUSED', 'an error came back');
    const seen = () => w.sum({ pod: server, role: 'client', remote: client.address6, port: 5999 });
    await w.until(() => seen().packetsToServer === 1, 'the datagram is reported');
    await w.settled();
    const carried = JSON.parse(await sniffer.finish()) as unknown[][];
    const noise = carried.filter(([, , next]) => next === icmp6 || next === hopByHop);
    t.ok(noise.length >= 4, `the interface carried ${JSON.stringify(noise)}`);
    t.same(w.edges(), [
      `client as client ICMP ${server.address} 2048`,
      'client as client ICMP 192.0.2.1 2048',
      `client as client ICMPv6 ${server.address6} 32768`,
      `client as server UDP ${server.address6} 5999`,
      `server as client UDP ${client.address6} 5999`,
      `server as server ICMP ${client.address} 2048`,
      `server as server ICMPv6 ${client.address6} 32768`,
    ]);
  });
});
