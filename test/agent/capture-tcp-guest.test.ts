import t from 'tap';
import { whyNoKernel } from './node-fixture.ts';
import { hostMac } from './pod-wiring.ts';
import { watched } from './watched.ts';

t.test('TCP of a virtual machine, whose sockets cannot be asked', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  const guest = node.addPod('guest', { guest: true });
  await w.podsKnown(3);
  await node.startPython(server, 'hear', 'tcp', '0.0.0.0', 8080);

  await t.test('as a client, by its SYNs and the answers to them', async (t) => {
    const call = (port: number, times: number) =>
      node.python(guest, 'guest', 'call', guest.mac, guest.address, hostMac, server.address, port, times).trim();
    t.equal(call(8080, 5), '5');
    t.equal(call(81, 1), '0');
    const open = () => w.sum({ pod: guest, role: 'client', remote: server.address, port: 8080, protocol: 'TCP' });
    const closed = () => w.sum({ pod: guest, role: 'client', remote: server.address, port: 81, protocol: 'TCP' });
    await w.until(() => open().established >= 5 && closed().attempts >= 1, 'its connections are reported');
    await w.settled();
    t.match(open(), { attempts: 5, established: 5, synPackets: 5 });
    t.match(closed(), { attempts: 1, established: 0, synPackets: 1 });
    t.same(w.evidence({ pod: guest }), ['handshake']);
    t.match(w.sum({ pod: server, role: 'server', remote: guest.address, port: 8080 }), { attempts: 0, established: 5 });
  });

  await t.test('as a server', async (t) => {
    await node.startPython(guest, 'guest', 'serve', guest.mac, guest.address, 9000);
    const say = await node.startPython(client, 'speak');
    for (let i = 0; i < 3; i++) await say.must(`c tcp ${guest.address} 9000`, 'c close');
    t.equal(await say.ask(`c tcp ${guest.address} 91`), 'error ECONNREFUSED');
    const open = () => w.sum({ pod: guest, role: 'server', remote: client.address, port: 9000, protocol: 'TCP' });
    await w.until(() => open().established >= 3, 'the connections are reported');
    await w.settled();
    t.match(open(), { attempts: 0, established: 3, synPackets: 3 });
    t.match(w.sum({ pod: guest, role: 'server', remote: client.address, port: 91 }), { established: 0, synPackets: 1 });
    t.match(w.sum({ pod: client, role: 'client', remote: guest.address, port: 9000 }), { attempts: 3, established: 3 });
    t.match(w.sum({ pod: client, role: 'client', remote: guest.address, port: 91 }), { attempts: 1, refused: 1 });
    t.same(w.evidence({ pod: guest, role: 'server' }), ['handshake']);
  });

  t.same(w.edges(), [
    `client as client TCP ${guest.address} 9000`,
    `client as client TCP ${guest.address} 91`,
    `guest as client TCP ${server.address} 8080`,
    `guest as client TCP ${server.address} 81`,
    `guest as server TCP ${client.address} 9000`,
    `guest as server TCP ${client.address} 91`,
    `server as server TCP ${guest.address} 8080`,
    `server as server TCP ${guest.address} 81`,
  ]);
});
