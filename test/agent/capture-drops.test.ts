import t from 'tap';
import { whyNoKernel } from './node-fixture.ts';
import { watched } from './watched.ts';

/** What the node's firewall does with a port, and how a client on TCP or UDP hears of it. */
const rules = [
  { port: 91, protocol: 'TCP', action: 'drop', heard: 'error TIMEOUT', refused: 0, patience: 0.3 },
  { port: 92, protocol: 'TCP', action: 'reject', heard: 'error ECONNREFUSED', refused: 1, patience: 4 },
  { port: 93, protocol: 'TCP', action: 'reject with tcp reset', heard: 'error ECONNREFUSED', refused: 1, patience: 4 },
  { port: 94, protocol: 'UDP', action: 'drop', heard: 'ok', refused: 0, patience: 1 },
  { port: 95, protocol: 'UDP', action: 'reject', heard: 'error ECONNREFUSED', refused: 1, patience: 1 },
] as const;

t.test("drops of the node's firewall, with the kernel's reason", { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  node.nft(`table inet firewall {
    ${rules.map(({ port }) => `counter hit${port} {}`).join('\n')}
    chain forward {
      type filter hook forward priority 0
      ${rules
        .map(
          ({ port, protocol, action }) => `${protocol.toLowerCase()} dport ${port} counter name hit${port} ${action}`,
        )
        .join('\n')}
    }
  }`);
  const say = await node.startPython(client, 'speak');
  for (const family of ['address', 'address6'] as const) {
    for (const { port, protocol, action, heard, refused, patience } of rules) {
      await t.test(`${protocol} ${action}, ${family}`, async (t) => {
        const before = node.nftCounter('inet firewall', `hit${port}`);
        if (protocol === 'TCP') {
          t.equal(await say.ask(`c tcp ${server[family]} ${port} ${patience}`), heard);
        } else {
          await say.must(`c udp ${server[family]} ${port}`, 'c say 10');
          // An error of the first datagram is told at the next call.
          if (refused > 0) t.equal(await say.ask('c get 1'), heard);
          await say.must('c close');
        }
        const dropped = node.nftCounter('inet firewall', `hit${port}`) - before;
        t.ok(dropped > 0, 'the rule was hit');
        const byClient = () => w.sum({ pod: client, role: 'client', remote: server[family], port, protocol });
        const byServer = () => w.sum({ pod: server, role: 'server', remote: client[family], port, protocol });
        await w.until(
          () => 'NETFILTER_DROP' in byClient().drops && 'NETFILTER_DROP' in byServer().drops,
          'both pods are told of the drop',
        );
        await w.settled();
        t.same(byClient().drops, { NETFILTER_DROP: dropped });
        t.same(byServer().drops, { NETFILTER_DROP: dropped });
        t.match(byClient(), { established: 0, refused });
        t.match(byServer(), { established: 0, synPackets: 0, packetsToServer: 0 });
        if (protocol === 'TCP') {
          t.match(byClient(), { attempts: 1, unanswered: 1 - refused, synPackets: dropped });
        } else {
          t.match(byClient(), { packetsToServer: dropped, packetsToClient: 0 });
        }
      });
    }
  }
  await t.test('a client that does not block hears of a rejection that TCP would get over', async (t) => {
    const sum = () => w.sum({ pod: client, role: 'client', remote: server.address, port: 92 });
    const { attempts, refused } = sum();
    const heard = node.script(
      client,
      `import { connect } from 'node:net';
       connect(92, '${server.address}').on('error', ({ code }) => console.log(code));`,
    );
    t.equal(heard.trim(), 'ECONNREFUSED');
    await w.until(() => sum().attempts === attempts + 1, 'the attempt is reported');
    await w.settled();
    t.match(sum(), { refused: refused + 1, unanswered: 0 });
  });

  await w.settled();
  t.equal(w.edges().length, 2 * 2 * rules.length, w.edges().join('\n'));
});
