import t from 'tap';
import { addressOf } from './namespaces.ts';
import { whyNoKernel } from './node-fixture.ts';
import { watched } from './watched.ts';

const elsewhere = '192.0.2.7';

t.test('drops of pods that share a bridge', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  node.run(['sh', '-ec', 'echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables']);
  for (const link of ['cni0', 'away']) node.run(['ip', 'link', 'add', link, 'type', 'bridge']);
  for (const { interface: port } of [client, server]) node.run(['ip', 'link', 'set', port, 'master', 'cni0']);
  for (const link of ['cni0', 'away']) node.run(['ip', 'link', 'set', link, 'up']);
  node.run(['ip', 'addr', 'add', '10.9.255.254/16', 'dev', 'cni0']);
  node.run(['ip', 'route', 'add', '192.0.2.0/24', 'dev', 'away']);
  node.run(['ip', 'route', 'replace', `${server.address}/32`, 'dev', 'eth0', 'scope', 'link'], client);
  node.run(['ip', 'route', 'replace', `${client.address}/32`, 'dev', 'eth0', 'scope', 'link'], server);
  node.run(['ip', 'route', 'replace', 'default', 'via', '10.9.255.254', 'dev', 'eth0', 'onlink'], client);
  node.nft(`table ip firewall {
    counter hit {}
    chain forward {
      type filter hook forward priority 0
      tcp dport 91 counter name hit drop
      udp dport 92 counter name hit drop
    }
  }`);
  const say = await node.startPython(client, 'speak');
  const dropped = () => node.nftCounter('ip firewall', 'hit');

  await t.test('both pods are told of what is dropped between two ports', async (t) => {
    t.equal(await say.ask(`c tcp ${server.address} 91 0.3`), 'error TIMEOUT');
    const drops = { NETFILTER_DROP: dropped() };
    const byClient = () => w.sum({ pod: client, role: 'client', remote: server.address, port: 91 });
    const byServer = () => w.sum({ pod: server, role: 'server', remote: client.address, port: 91 });
    await w.until(() => 'NETFILTER_DROP' in byClient().drops && 'NETFILTER_DROP' in byServer().drops, 'both are told');
    await w.settled();
    t.match(byClient(), { attempts: 1, unanswered: 1, drops });
    t.match(byServer(), { synPackets: 0, drops });
  });

  await t.test('a pod is told of what is dropped behind the bridge, on the way out', async (t) => {
    const before = dropped();
    await say.must(`c udp ${elsewhere} 92`, 'c say 10', 'c close');
    const byClient = () => w.sum({ pod: client, role: 'client', remote: addressOf(elsewhere), port: 92 });
    await w.until(() => 'NETFILTER_DROP' in byClient().drops, 'it is told');
    await w.settled();
    t.match(byClient(), { packetsToServer: 1, drops: { NETFILTER_DROP: dropped() - before } });
  });
});
