import t from 'tap';
import { whyNoKernel } from './node-fixture.ts';
import type { Sum } from './reports.ts';
import { watched } from './watched.ts';

t.test('TCP as the sockets of both ends tell it', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  await node.startPython(server, 'hear', 'tcp', '0.0.0.0', 8080, 'tcp', '::', 8086, 'tcp', '0.0.0.0', 8090);
  const say = await node.startPython(client, 'speak');

  /** Connects so many times, sends bytes, gets three times as many, and closes. */
  const converse = async (address: string, port: number, times: number, bytes: number) => {
    for (let i = 0; i < times; i++) {
      await say.must(`c tcp ${address} ${port}`, `c send ${bytes}`, 'c close');
    }
  };

  await t.test('both ends of IPv4 connections, with direction, exact bytes and round trips', async (t) => {
    await converse(server.address, 8080, 10, 700);
    const ends = () => [
      w.sum({ pod: client, role: 'client', remote: server.address, port: 8080, protocol: 'TCP' }),
      w.sum({ pod: server, role: 'server', remote: client.address, port: 8080, protocol: 'TCP' }),
    ];
    await w.until(() => ends().every(({ bytesToClient }) => bytesToClient >= 21_000), 'all bytes are reported');
    const [byClient, byServer] = ends() as [Sum, Sum];
    t.match(byClient, { attempts: 10, established: 10, refused: 0, unanswered: 0, synPackets: 10 });
    t.match(byClient, { bytesToServer: 7000, bytesToClient: 21_000, retransmits: 0, drops: {} });
    t.match(byServer, { attempts: 0, established: 10, refused: 0, unanswered: 0, synPackets: 10 });
    t.match(byServer, { bytesToServer: 7000, bytesToClient: 21_000, retransmits: 0, drops: {} });
    for (const { rttMicros, rttSamples } of [byClient, byServer]) {
      t.ok(rttSamples >= 10, `one sample a connection, ${rttSamples}`);
      t.ok(rttMicros > 0 && rttMicros / rttSamples < 1_000_000, `a round trip below a second, ${rttMicros}`);
    }
    t.same(w.evidence({ pod: client, port: 8080 }), ['handshake']);
    t.same(w.evidence({ pod: server, port: 8080 }), ['handshake']);
  });

  await t.test('IPv6', async (t) => {
    await converse(server.address6, 8086, 3, 100);
    const ends = () => [
      w.sum({ pod: client, role: 'client', remote: server.address6, port: 8086, protocol: 'TCP' }),
      w.sum({ pod: server, role: 'server', remote: client.address6, port: 8086, protocol: 'TCP' }),
    ];
    await w.until(() => ends().every(({ bytesToClient }) => bytesToClient >= 900), 'all bytes are reported');
    const [byClient, byServer] = ends() as [Sum, Sum];
    t.match(byClient, { attempts: 3, established: 3, synPackets: 3, bytesToServer: 300, bytesToClient: 900 });
    t.match(byServer, { attempts: 0, established: 3, synPackets: 3, bytesToServer: 300, bytesToClient: 900 });
  });

  await t.test('IPv4 to a socket that listens on IPv6 is IPv4 at both ends', async (t) => {
    await converse(server.address, 8086, 2, 100);
    const ends = () => [
      w.sum({ pod: client, role: 'client', remote: server.address, port: 8086, protocol: 'TCP' }),
      w.sum({ pod: server, role: 'server', remote: client.address, port: 8086, protocol: 'TCP' }),
    ];
    await w.until(() => ends().every(({ bytesToClient }) => bytesToClient >= 600), 'all bytes are reported');
    for (const end of ends()) t.match(end, { established: 2, synPackets: 2, bytesToServer: 200, bytesToClient: 600 });
  });

  await t.test('what was sent again is counted as the kernel counts it, and its bytes once', async (t) => {
    node.nft(`table ip lossy {
      counter lost {}
      chain forward {
        type filter hook forward priority 0;
        tcp dport 8090 ip length > 500 numgen inc mod 4 == 0 counter name lost drop
      }
    }`);
    await say.must(`c tcp ${server.address} 8090`, 'c send 600 8');
    const resent = Number((await say.ask('c retransmits')).replace('ok ', ''));
    const lost = node.nftCounter('ip lossy', 'lost');
    await say.must('c close');
    t.ok(lost > 0 && resent >= lost, `the network lost ${lost}, the kernel sent ${resent} again`);
    const ends = () => [
      w.sum({ pod: client, role: 'client', remote: server.address, port: 8090 }),
      w.sum({ pod: server, role: 'server', remote: client.address, port: 8090 }),
    ];
    await w.until(() => ends().every(({ bytesToClient }) => bytesToClient >= 14_400), 'all bytes are reported');
    await w.settled();
    const [byClient, byServer] = ends() as [Sum, Sum];
    t.match(byClient, { established: 1, bytesToServer: 4800, bytesToClient: 14_400, retransmits: resent });
    t.match(byServer, { established: 1, bytesToServer: 4800, bytesToClient: 14_400 });
    t.same(byClient.drops, { NETFILTER_DROP: lost });
    t.same(byServer.drops, { NETFILTER_DROP: lost });
  });

  await t.test('there is no edge but these: none per client port, none of neighbours and routers', async (t) => {
    await w.settled();
    t.same(w.edges(), [
      `client as client TCP ${server.address} 8080`,
      `client as client TCP ${server.address} 8086`,
      `client as client TCP ${server.address} 8090`,
      `client as client TCP ${server.address6} 8086`,
      `server as server TCP ${client.address} 8080`,
      `server as server TCP ${client.address} 8086`,
      `server as server TCP ${client.address} 8090`,
      `server as server TCP ${client.address6} 8086`,
    ]);
  });
});
