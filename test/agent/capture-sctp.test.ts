import t from 'tap';
import { whyNoKernel } from './node-fixture.ts';
import { watched } from './watched.ts';

/** Bytes of an IPv4 header with one SCTP chunk behind it. */
const initBytes = 20 + 12 + 20;
const initAckBytes = initBytes + 8;
const abortBytes = 20 + 12 + 4;

t.test('SCTP by its INITs and the answers to them', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  await node.startPython(server, 'sctp', 'serve', 3868);
  const ends = (port: number) => [
    w.sum({ pod: client, role: 'client', remote: server.address, port, protocol: 'SCTP' }),
    w.sum({ pod: server, role: 'server', remote: client.address, port, protocol: 'SCTP' }),
  ];

  await t.test('an association that is answered', async (t) => {
    t.equal(node.python(client, 'sctp', 'call', server.address, 3868).trim(), 'INIT-ACK');
    await w.until(() => ends(3868).every(({ established }) => established >= 1), 'both ends report it');
    const [byClient, byServer] = ends(3868);
    t.match(byClient, { attempts: 1, established: 1, refused: 0, synPackets: 0, drops: {} });
    t.match(byServer, { attempts: 0, established: 1, refused: 0, synPackets: 0, drops: {} });
    for (const end of [byClient, byServer]) {
      t.match(end, { packetsToServer: 1, bytesToServer: initBytes, packetsToClient: 1, bytesToClient: initAckBytes });
    }
  });

  await t.test('one that is aborted', async (t) => {
    t.equal(node.python(client, 'sctp', 'call', server.address, 3869).trim(), 'ABORT');
    const byClient = () => ends(3869)[0];
    await w.until(() => byClient()?.refused === 1, 'the refusal is reported');
    t.match(byClient(), { attempts: 1, established: 0, refused: 1, synPackets: 0, drops: {} });
    t.match(byClient(), {
      packetsToServer: 1,
      bytesToServer: initBytes,
      packetsToClient: 1,
      bytesToClient: abortBytes,
    });
  });

  await w.settled();
  for (const pod of [client, server]) t.same(w.evidence({ pod, protocol: 'SCTP' }), ['handshake']);
  t.same(w.edges(), [
    `client as client SCTP ${server.address} 3868`,
    `client as client SCTP ${server.address} 3869`,
    `server as server SCTP ${client.address} 3868`,
    `server as server SCTP ${client.address} 3869`,
  ]);
});
