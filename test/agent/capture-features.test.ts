import t from 'tap';
import { apiFeature } from '../../agent/identity/node-pods.ts';
import { whyNoKernel } from './node-fixture.ts';
import { watched } from './watched.ts';

/** What the agent can do without, each with another way or with less to tell. */
const features = ['tcx', 'tp-btf', 'iterators', 'drop-reasons'] as const;

const warning = 40;

for (const name of features) {
  t.test(`without ${name} the agent says so and captures`, { skip: whyNoKernel() }, async (t) => {
    const { w, node, client, server } = await watched(t, { flags: ['--without', name] });
    const off = w.ingest.statuses.at(-1)?.features.filter(({ active }) => !active) ?? [];
    t.same(
      off.map((feature) => feature.name),
      [name, apiFeature],
      'its status lists what is off',
    );
    t.not(off[0]?.reason ?? '', '', 'and why');
    const warnings = w.agent.lines.filter(({ level, feature }) => level === warning && feature === name);
    t.equal(warnings.length, 1, 'its log warns once');

    await node.startPython(server, 'hear', 'tcp', '::', 8080, 'udp', '0.0.0.0', 5300);
    node.nft('table ip firewall { chain forward { type filter hook forward priority 0; tcp dport 99 drop; }\n}');
    const say = await node.startPython(client, 'speak');
    for (const address of [server.address, server.address6]) {
      for (let i = 0; i < 3; i++) await say.must(`c tcp ${address} 8080`, 'c send 100', 'c close');
      t.equal(await say.ask(`c tcp ${address} 81`), 'error ECONNREFUSED');
    }
    for (let i = 0; i < 3; i++) await say.must(`u udp ${server.address} 5300`, 'u send 10', 'u close');
    t.equal(await say.ask(`c tcp ${server.address} 99 0.3`), 'error TIMEOUT');

    for (const family of ['address', 'address6'] as const) {
      const ends = () => [
        w.sum({ pod: client, role: 'client', remote: server[family], port: 8080 }),
        w.sum({ pod: server, role: 'server', remote: client[family], port: 8080 }),
      ];
      await w.until(() => ends().every(({ bytesToClient }) => bytesToClient >= 900), 'all bytes are reported');
      for (const end of ends()) {
        t.match(end, { established: 3, synPackets: 3, bytesToServer: 300, bytesToClient: 900, drops: {} });
      }
      const closed = w.sum({ pod: client, role: 'client', remote: server[family], port: 81 });
      t.match(closed, { attempts: 1, established: 0, refused: 1 });
    }
    const datagrams = () => [
      w.sum({ pod: client, role: 'client', remote: server.address, port: 5300 }),
      w.sum({ pod: server, role: 'server', remote: client.address, port: 5300 }),
    ];
    await w.until(() => datagrams().every(({ packetsToClient }) => packetsToClient >= 3), 'all answers are reported');
    for (const end of datagrams()) t.match(end, { packetsToServer: 3, bytesToServer: 3 * 38, bytesToClient: 3 * 58 });
    const dropped = () => w.sum({ pod: client, role: 'client', remote: server.address, port: 99 });
    await w.until(() => dropped().unanswered === 1, 'the attempt is over');
    await w.settled();
    t.same(dropped().drops, name === 'drop-reasons' ? {} : { NETFILTER_DROP: dropped().synPackets });
    t.equal(w.edges().length, name === 'drop-reasons' ? 11 : 12, w.edges().join('\n'));
  });
}

t.test(
  'with everything on, nothing but the API that is not there is listed as off',
  { skip: whyNoKernel() },
  async (t) => {
    const { w, node, client } = await watched(t);
    const status = w.ingest.statuses.at(-1);
    t.same(
      status?.features.filter(({ active }) => !active).map((feature) => feature.name),
      [apiFeature],
    );
    for (const name of features) {
      t.ok(
        status?.features.some((feature) => feature.name === name && feature.reason === ''),
        `${name} is listed as on`,
      );
    }
    t.same(
      w.agent.lines.filter(({ level }) => level >= warning).map((line) => line['feature']),
      [apiFeature],
      'and nothing else is warned of',
    );
    const filters = node.run(['tc', 'filter', 'show', 'dev', client.interface, 'ingress']);
    t.equal(filters, '', 'no classic tc filter is left beside tcx');
  },
);
