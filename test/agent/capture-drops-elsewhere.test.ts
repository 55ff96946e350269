import t from 'tap';
import { type TestNode, whyNoKernel } from './node-fixture.ts';
import type { TestPod } from './pod-wiring.ts';
import { watched } from './watched.ts';

/** Classic BPF for tc: drops (2) IPv4 datagrams and segments to a port, and passes the rest on (-1). */
function dropPort(port: number): string {
  return `4,40 0 0 36,21 0 1 ${port},6 0 0 2,6 0 0 4294967295`;
}

function tcDrop(node: TestNode, pod: TestPod, way: 'ingress' | 'egress', port: number): void {
  node.run(['tc', 'qdisc', 'replace', 'dev', pod.interface, 'clsact']);
  const filter = ['tc', 'filter', 'add', 'dev', pod.interface, way, 'prio', '99', 'bpf', 'da', 'bytecode'];
  node.run([...filter, dropPort(port)]);
}

t.test('drops that are not the firewall of the node', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  const say = await node.startPython(client, 'speak');
  await node.startPython(server, 'hear', 'tcp', '0.0.0.0', 72, 'udp', '0.0.0.0', 73, 'udp', '0.0.0.0', 74);
  const byClient = (port: number) => w.sum({ pod: client, role: 'client', remote: server.address, port });
  const byServer = (port: number) => w.sum({ pod: server, role: 'server', remote: client.address, port });

  await t.test("what the client's own firewall drops never leaves the pod", async (t) => {
    node.nft(
      `table ip own {
        counter segments {}
        counter datagrams {}
        chain output {
          type filter hook output priority 0
          tcp dport 70 counter name segments drop
          udp dport 71 counter name datagrams drop
        }
      }`,
      client,
    );
    t.equal(await say.ask(`c tcp ${server.address} 70 0.3`), 'error TIMEOUT');
    await say.must(`c udp ${server.address} 71`);
    t.equal(await say.ask('c say 10'), 'error EPERM');
    await w.until(() => [70, 71].every((port) => 'NETFILTER_DROP' in byClient(port).drops), 'the drops are reported');
    await w.settled();
    const [tcp, udp] = ['segments', 'datagrams'].map((name) => node.nftCounter('ip own', name, client));
    t.match(byClient(70), {
      attempts: 1,
      established: 0,
      unanswered: 1,
      synPackets: 0,
      drops: { NETFILTER_DROP: tcp },
    });
    t.match(byClient(71), { packetsToServer: 0, drops: { NETFILTER_DROP: udp } });
  });

  await t.test("what the server's own firewall drops has come to the pod", async (t) => {
    node.nft(
      `table ip own {
        counter segments {}
        counter datagrams {}
        chain input {
          type filter hook input priority 0
          tcp dport 72 counter name segments drop
          udp dport 73 counter name datagrams drop
        }
      }`,
      server,
    );
    t.equal(await say.ask(`c tcp ${server.address} 72 0.3`), 'error TIMEOUT');
    await say.must(`c udp ${server.address} 73`, 'c say 10', 'c say 10');
    await w.until(() => [72, 73].every((port) => 'NETFILTER_DROP' in byServer(port).drops), 'the drops are reported');
    await w.settled();
    const [tcp, udp] = ['segments', 'datagrams'].map((name) => node.nftCounter('ip own', name, server));
    t.match(byServer(72), { established: 0, synPackets: tcp });
    t.same(byServer(72).drops, { NETFILTER_DROP: tcp });
    t.match(byServer(73), { packetsToServer: 2, packetsToClient: 0 });
    t.same(byServer(73).drops, { NETFILTER_DROP: udp });
    t.match(byClient(72), { attempts: 1, established: 0, unanswered: 1 });
    t.same([byClient(72).drops, byClient(73).drops], [{}, {}], "it is not the client's, nor the node's");
  });

  await t.test('what another tc program drops, on the way in and on the way out', async (t) => {
    tcDrop(node, client, 'ingress', 74);
    await say.must(`c udp ${server.address} 74`, 'c say 10', 'c say 10', 'c say 10');
    await w.until(() => byClient(74).drops['TC_INGRESS'] === 3, 'the drops are reported');
    t.match(byClient(74), { packetsToServer: 3, packetsToClient: 0 });
    tcDrop(node, server, 'egress', 75);
    await say.must(`c udp ${server.address} 75`, 'c say 10', 'c say 10');
    await w.until(() => byServer(75).drops['TC_EGRESS'] === 2, 'the drops are reported');
    t.same(byServer(75).drops, { TC_EGRESS: 2 });
    t.same(byClient(75).drops, { TC_EGRESS: 2 }, 'the pod that it came from is told too');
    t.equal(byClient(75).packetsToServer, 2);
  });

  await t.test('that nobody listens is not a drop', async (t) => {
    t.equal(await say.ask(`c tcp ${server.address} 76`), 'error ECONNREFUSED');
    await say.must(`c udp ${server.address} 77`);
    t.equal(await say.ask('c send 10'), 'error ECONNREFUSED');
    await w.until(() => byClient(76).refused === 1 && byServer(77).packetsToServer === 1, 'both are reported');
    await w.settled();
    for (const port of [76, 77]) t.same([byClient(port).drops, byServer(port).drops], [{}, {}]);
  });
});
