import t from 'tap';
import { whyNoKernel } from './node-fixture.ts';
import { hostMac, type TestPod } from './pod-wiring.ts';
import { watched } from './watched.ts';

type Seen = readonly [source: string, destination: string, protocol: number, packets: number, bytes: number];

const udp = 17;
const ipv6Fragment = 44;
const ipv6DestinationOptions = 60;

t.test('UDP in packets that are not plain', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  await node.startPython(server, 'hear', 'udp', '0.0.0.0', 5300, 'udp', '::', 5306);
  const say = await node.startPython(client, 'speak');

  /** Does something and gives what it sent between two addresses, as the client's own interface saw it. */
  const carried = async (protocol: number, from: string, to: string, doing: () => Promise<void>) => {
    const sniffer = await node.startPython(client, 'sniff', 'eth0');
    await doing();
    const seen = JSON.parse(await sniffer.finish()) as Seen[];
    const found = seen.find(
      ([source, destination, kind]) => source === from && destination === to && kind === protocol,
    );
    return { packets: found?.[3] ?? 0, bytes: found?.[4] ?? 0 };
  };

  /** Both ends report what was carried, and it is what was meant to be. */
  const bothEnds = async (
    family: 'address' | 'address6',
    port: number,
    sent: { packets: number; bytes: number },
    answered: { packets: number; bytes: number },
  ) => {
    const of = (pod: TestPod, far: TestPod, role: 'client' | 'server') =>
      w.sum({ pod, role, remote: far[family], port, protocol: 'UDP' });
    const ends = () => [of(client, server, 'client'), of(server, client, 'server')];
    await w.until(() => ends().every(({ bytesToClient }) => bytesToClient >= answered.bytes), 'all is reported');
    const { packets: packetsToServer, bytes: bytesToServer } = sent;
    const { packets: packetsToClient, bytes: bytesToClient } = answered;
    for (const end of ends()) t.match(end, { packetsToServer, bytesToServer, packetsToClient, bytesToClient });
  };

  await t.test('IPv4 options', async (t) => {
    const sent = await carried(udp, client.address, server.address, async () => {
      const [ip, options, fourNoOperations] = [0, 4, '01010101'];
      await say.must(`u udp ${server.address} 5300`, `u option ${ip} ${options} ${fourNoOperations}`, 'u send 10 2');
    });
    t.same(sent, { packets: 2, bytes: 2 * (20 + 4 + 8 + 10) });
    await bothEnds('address', 5300, sent, { packets: 2, bytes: 2 * 58 });
  });

  await t.test('IPv6 extension headers', async (t) => {
    const sent = await carried(ipv6DestinationOptions, client.address6, server.address6, async () => {
      const [ipv6, destinationOptions, padding] = [41, 59, '0000010400000000'];
      await say.must(
        `u udp ${server.address6} 5306`,
        `u option ${ipv6} ${destinationOptions} ${padding}`,
        'u send 10 2',
      );
    });
    t.same(sent, { packets: 2, bytes: 2 * (40 + 8 + 8 + 10) });
    await bothEnds('address6', 5306, sent, { packets: 2, bytes: 2 * 78 });
  });

  await t.test('fragments belong to the edge of the first one', async (t) => {
    const sent = await carried(udp, client.address, server.address, () =>
      say.must(`f udp ${server.address} 5300`, 'f say 4000', 'f get 12000'),
    );
    t.same(sent, { packets: 3, bytes: 3 * 20 + 8 + 4000 });
    const options = { packets: 2, bytes: 84 };
    const packets = sent.packets + options.packets;
    // 12,000 bytes come back in nine fragments.
    const answer = { packets: 9 + 2, bytes: 9 * 20 + 8 + 12_000 + 2 * 58 };
    await bothEnds('address', 5300, { packets, bytes: sent.bytes + options.bytes }, answer);

    const sent6 = await carried(ipv6Fragment, client.address6, server.address6, () =>
      say.must(`f udp ${server.address6} 5306`, 'f say 4000', 'f get 12000'),
    );
    t.same(sent6, { packets: 3, bytes: 3 * 48 + 8 + 4000 });
    const answer6 = { packets: 9 + 2, bytes: 9 * 48 + 8 + 12_000 + 2 * 78 };
    await bothEnds('address6', 5306, { packets: 5, bytes: sent6.bytes + 2 * 66 }, answer6);
  });

  await t.test('VLAN tags, one and two, in both directions', async (t) => {
    for (const [port, vlans] of [
      [7001, '100'],
      [7002, '100,200'],
    ] as const) {
      const there = [client.mac, hostMac, client.address, 4000, server.address, port];
      const back = [hostMac, client.mac, server.address, port, client.address, 4000];
      node.python(client, 'tagged', 'eth0', ...there, 10, 2, vlans);
      node.python(node, 'tagged', client.interface, ...back, 50, 2, vlans);
      const sum = () => w.sum({ pod: client, role: 'client', remote: server.address, port, protocol: 'UDP' });
      await w.until(() => sum().packetsToClient >= 2, 'the answers are reported');
      t.match(sum(), { packetsToServer: 2, packetsToClient: 2, bytesToServer: 2 * 38, bytesToClient: 2 * 78 }, vlans);
    }
  });

  await w.settled();
  t.same(w.edges(), [
    `client as client UDP ${server.address} 5300`,
    `client as client UDP ${server.address} 7001`,
    `client as client UDP ${server.address} 7002`,
    `client as client UDP ${server.address6} 5306`,
    `server as server UDP ${client.address} 5300`,
    `server as server UDP ${client.address6} 5306`,
  ]);
});
