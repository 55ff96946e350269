import t from 'tap';
import { whyNoKernel } from './node-fixture.ts';
import { watched } from './watched.ts';

const ports = 200;
const firstTcp = 20_001;
const firstUdp = 10_001;

t.test('edges that do not fit into the maps arrive all the same', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t, { flags: ['--max-edges', '16'] });
  const listening = Array.from({ length: ports }, (_, i) => {
    const [tcp, udp] = [
      ['tcp', '0.0.0.0', firstTcp + i],
      ['udp', '0.0.0.0', firstUdp + i],
    ] as const;
    return [...tcp, ...udp];
  });
  await node.startPython(server, 'hear', ...listening.flat());
  node.python(client, 'ports', 'udp', server.address, firstUdp, ports);
  node.python(client, 'ports', 'tcp', server.address, firstTcp, ports);
  const sums = (port: number) => [
    w.sum({ pod: client, role: 'client', remote: server.address, port }),
    w.sum({ pod: server, role: 'server', remote: client.address, port }),
  ];
  const last = [firstTcp, firstUdp].map((first) => first + ports - 1);
  await w.until(
    () => last.every((port) => sums(port).every(({ bytesToClient }) => bytesToClient > 0)),
    'the last came',
  );
  await w.settled();
  for (let i = 0; i < ports; i++) {
    for (const end of sums(firstTcp + i)) t.match(end, { established: 1, bytesToServer: 10, bytesToClient: 30 });
    for (const end of sums(firstUdp + i)) t.match(end, { packetsToServer: 1, packetsToClient: 1, bytesToClient: 58 });
  }
  t.equal(w.edges().length, 4 * ports, 'and no others');
  t.same(w.losses(), {}, 'nothing is lost');
});

t.test('what does not fit into the overflow ring either is counted', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t, { flags: ['--max-edges', '16', '--overflow-ring-kib', '4'] });
  const datagrams = 5000;
  // Every port leads to one that takes datagrams and is silent.
  node.nft(
    `table ip sink {
      counter taken {}
      chain prerouting {
        type nat hook prerouting priority dstnat
        udp dport ${firstUdp}-${firstUdp + datagrams} redirect to :5300
      }
      chain input {
        type filter hook input priority 0
        udp dport 5300 counter name taken
      }
    }`,
    server,
  );
  await node.startPython(server, 'sink', '0.0.0.0', 5300);
  node.python(client, 'ports', 'burst', server.address, firstUdp, datagrams);
  t.equal(node.nftCounter('ip sink', 'taken', server), datagrams, 'the network lost none');
  await w.settled();
  const { 'overflow-ring-full': lost = 0, ...others } = w.losses();
  t.ok(lost > 0, `the ring was full ${lost} times`);
  t.same(others, {}, 'nothing was lost elsewhere');
  const reported =
    w.sum({ pod: client, role: 'client', remote: server.address }).packetsToServer +
    w.sum({ pod: server, role: 'server', remote: client.address }).packetsToServer;
  t.ok(reported <= 2 * datagrams, `${reported} of ${2 * datagrams} packets were reported, none twice`);
  t.ok(reported + lost >= 2 * datagrams, `and ${lost} events lost: none went silently`);
  t.equal(w.agent.metrics().get('weir_agent_events_lost_total{stage="overflow-ring-full"}'), lost, 'as a scrape says');
  t.notOk(
    w.edges().some((edge) => / as server .* as | as client UDP 10\.9\.0\.1 /.test(edge)),
    'no edge is turned round',
  );
});
