import { join } from 'node:path';
import t, { type Test } from 'tap';
import { addCounters, addDrops, type FlowRecord, type Role, zeroCounters } from '../../core/flow.ts';
import { AgentProcess } from './agent-process.ts';
import { IngestDouble } from './ingest-double.ts';
import { TestNode, type TestPod, whyNoKernel } from './node-fixture.ts';

const tcpServer = (port: number, reply: number) => `
  import { createServer } from 'node:net';
  createServer((socket) => socket.once('data', () => socket.end(Buffer.alloc(${reply})))).listen(${port}, () => console.log('ready'));`;

const tcpClient = (address: string, port: number, times: number, bytes: number) => `
  import { connect } from 'node:net';
  for (let i = 0; i < ${times}; i++) {
    await new Promise((resolve) => {
      const socket = connect(${port}, '${address}', () => socket.write(Buffer.alloc(${bytes})));
      socket.on('data', () => {}).on('error', resolve).on('close', resolve);
      socket.setTimeout(1500, () => socket.destroy());
    });
  }`;

const udpServer = (port: number) => `
  import { createSocket } from 'node:dgram';
  const socket = createSocket('udp4', (message, from) => socket.send(Buffer.alloc(100), from.port, from.address));
  socket.bind(${port}, () => console.log('ready'));`;

const udpClient = (address: string, port: number, times: number) => `
  import { createSocket } from 'node:dgram';
  for (let i = 0; i < ${times}; i++) {
    const socket = createSocket('udp4');
    await new Promise((resolve) => {
      socket.on('message', resolve);
      socket.send(Buffer.alloc(10), ${port}, '${address}');
      setTimeout(resolve, 1000);
    });
    socket.close();
  }`;

/** A node with two named pods, an agent that watches them, and everything that the agent sent. */
async function watched(t: Test) {
  const node = new TestNode();
  const ingest = new IngestDouble();
  t.teardown(() => node.remove());
  const address = `unix:${join(node.folder, 'aggregator.sock')}`;
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  const [client, server] = [node.addPod('client'), node.addPod('server')];
  const agent = new AgentProcess(node, address);
  t.teardown(() => agent.stop());
  await ingest.until(() => (ingest.statuses.at(-1)?.podsResolved ?? 0) === 2, 'both pods are known');
  return { node, ingest, address, client, server, agent };
}

/** The sum of all reports of one pod about one port. */
function sumOf(records: readonly FlowRecord[], pod: TestPod, role: Role, remote: TestPod, port: number) {
  const counters = zeroCounters();
  const drops: Record<string, number> = {};
  for (const each of records) {
    const { uid } = each.pod;
    if (uid !== `uid-${pod.name}` || each.role !== role || each.port !== port || each.remote !== remote.address)
      continue;
    addCounters(counters, each.counters);
    addDrops(drops, each.drops);
  }
  return { ...counters, drops };
}

t.test('the agent sees what pods do', { skip: whyNoKernel() }, async (t) => {
  await t.test('both ends of TCP connections, with direction and exact bytes', async (t) => {
    const { node, ingest, client, server } = await watched(t);
    t.teardown(await node.serve(server, tcpServer(8080, 5000)));
    node.script(client, tcpClient(server.address, 8080, 10, 70));
    const ends = () => [
      sumOf(ingest.records, client, 'client', server, 8080),
      sumOf(ingest.records, server, 'server', client, 8080),
    ];
    await ingest.until(() => ends().every(({ bytesToClient }) => bytesToClient >= 50_000), 'all bytes are reported');
    const [byClient, byServer] = ends();
    t.match(byClient, { attempts: 10, established: 10, refused: 0, unanswered: 0, synPackets: 10 });
    t.match(byClient, { bytesToServer: 700, bytesToClient: 50_000, retransmits: 0, drops: {} });
    t.match(byServer, { attempts: 0, established: 10, synPackets: 10, bytesToServer: 700, bytesToClient: 50_000 });
    const others = ingest.records.filter(({ port }) => port !== 8080);
    t.same(others, [], 'and nothing else: no edge per client port');
  });

  await t.test('UDP by who spoke first', async (t) => {
    const { node, ingest, client, server } = await watched(t);
    t.teardown(await node.serve(server, udpServer(5300)));
    node.script(client, udpClient(server.address, 5300, 5));
    const byClient = () => sumOf(ingest.records, client, 'client', server, 5300);
    await ingest.until(() => byClient().packetsToClient === 5, 'all answers are reported');
    t.match(byClient(), { packetsToServer: 5, bytesToServer: 5 * 38, bytesToClient: 5 * 128 });
    t.match(sumOf(ingest.records, server, 'server', client, 5300), { packetsToServer: 5, packetsToClient: 5 });
    t.equal(ingest.records.filter(({ port }) => port !== 5300).length, 0, 'no edge per client port');
  });

  await t.test('a refused and a dropped connection, each with its reason', async (t) => {
    const { node, ingest, client, server } = await watched(t);
    node.nft(`table ip t { chain f {
      type filter hook forward priority 0;
      tcp dport 99 drop;
      udp dport 98 drop;
    }
    }`);
    node.script(client, tcpClient(server.address, 81, 3, 1));
    node.script(client, tcpClient(server.address, 99, 1, 1));
    node.script(client, udpClient(server.address, 98, 1));
    const dropped = () => sumOf(ingest.records, client, 'client', server, 99);
    await ingest.until(() => dropped().unanswered === 1, 'the attempt is over');
    await ingest.until(() => 'NETFILTER_DROP' in sumOf(ingest.records, client, 'client', server, 98).drops, 'UDP drop');
    t.match(sumOf(ingest.records, client, 'client', server, 81), {
      attempts: 3,
      established: 0,
      refused: 3,
      drops: {},
    });
    const { attempts, established, synPackets, drops } = dropped();
    t.match({ attempts, established }, { attempts: 1, established: 0 });
    t.same(drops, { NETFILTER_DROP: synPackets }, 'every SYN that was sent was dropped');
    const atServer = sumOf(ingest.records, server, 'server', client, 99);
    t.same(atServer.drops, drops, 'the far pod is told of the same drops');
    t.equal(atServer.synPackets, 0, 'and got none');
  });

  await t.test('a pod that appears later, and speaks before its name is known', async (t) => {
    const { node, ingest, server } = await watched(t);
    t.teardown(await node.serve(server, tcpServer(8080, 10)));
    const late = node.addPod('late', { named: false });
    node.script(late, tcpClient(server.address, 8080, 3, 10));
    const windows = ingest.batches.length;
    await ingest.until(() => ingest.batches.length > windows + 3, 'some windows passed');
    t.equal(sumOf(ingest.records, late, 'client', server, 8080).established, 0, 'held back without a name');
    t.match(ingest.statuses.at(-1)?.unresolvedInterfaces, [/no sandbox is known/]);
    node.nameLater(late);
    await ingest.until(
      () => sumOf(ingest.records, late, 'client', server, 8080).established === 3,
      'the name is there',
    );
    t.match(sumOf(ingest.records, late, 'client', server, 8080), { attempts: 3, bytesToServer: 30 });
    t.same(ingest.statuses.at(-1)?.unresolvedInterfaces, []);
  });

  await t.test('what a pod did right before it was deleted', async (t) => {
    const { node, ingest, client, server } = await watched(t);
    t.teardown(await node.serve(server, tcpServer(8080, 10)));
    node.script(client, tcpClient(server.address, 8080, 4, 10));
    node.deletePod(client);
    const last = () => sumOf(ingest.records, client, 'client', server, 8080);
    await ingest.until(() => last().bytesToServer === 40, 'its last flows are reported');
    await ingest.until(() => ingest.statuses.at(-1)?.interfacesAttached === 1, 'its interface is let go');
    t.match(last(), { attempts: 4, established: 4 });
  });

  await t.test('traffic inside a pod is not a flow', async (t) => {
    const { node, ingest, client, server } = await watched(t);
    t.teardown(await node.serve(server, tcpServer(8080, 10)));
    node.script(server, tcpClient('127.0.0.1', 8080, 2, 10));
    node.script(server, tcpClient(server.address, 8080, 2, 10));
    node.script(client, tcpClient(server.address, 8080, 1, 10));
    const seen = () => sumOf(ingest.records, server, 'server', client, 8080);
    await ingest.until(() => seen().established === 1, 'the flow from outside is reported');
    t.same([...new Set(ingest.records.map(({ remote }) => remote))].toSorted(), [client.address, server.address]);
    t.ok(ingest.records.every(({ pod, remote }) => pod.uid !== 'uid-server' || remote === client.address));
  });
});
