import t from 'tap';
import { writeSettings } from './namespaces.ts';
import { whyNoKernel } from './node-fixture.ts';
import type { TestPod } from './pod-wiring.ts';
import { Watched } from './watched.ts';

const tracking = 'table ip track { chain forward { type filter hook forward priority 0; ct state invalid drop; }\n}';

/** Who remembers that the client spoke first, when the agent did not hear it. */
const cases = [
  { evidence: 'conntrack', rules: tracking, title: 'the node tracks connections' },
  { evidence: 'listener', rules: '', title: "the server's socket was bound by name" },
] as const;

for (const { evidence, rules, title } of cases) {
  t.test(`UDP that runs when the agent starts: ${title}`, { skip: whyNoKernel() }, async (t) => {
    const w = new Watched(t);
    const { node } = w;
    await w.listen();
    if (rules !== '') node.nft(rules);
    const [client, server] = node.addPods(['client', 'server']) as [TestPod, TestPod];
    // The numbers alone say the opposite: the server's port is the higher one.
    writeSettings(client.netns, { 'ipv4/ip_local_port_range': '20000 20100' });
    const hear = await node.startPython(server, 'speak');
    const say = await node.startPython(client, 'speak');
    const names = ['a', 'b', 'c', 'd'];
    for (const [i, name] of names.entries()) {
      await hear.must(`${name} bound ${server.address} ${60_000 + i}`);
      await say.must(`${name} udp ${server.address} ${60_000 + i}`, `${name} say 10`);
      await hear.must(`${name} hear`);
    }
    const [one, other] = ['one', 'other'];
    await hear.must(`shared bound ${server.address} 50000`);
    for (const name of [one, other]) await say.must(`${name} udp ${server.address} 50000`, `${name} say 10`);
    w.startAgent();
    await w.podsKnown(2);
    await w.settled();

    // The first packet that the agent sees is an answer.
    for (const name of names) await hear.must(`${name} say 500`);
    for (const name of names) await say.must(`${name} get 500`, `${name} say 10`);
    for (const name of names) await hear.must(`${name} get 10`, `${name} say 500`);
    for (const name of [one, other]) {
      await hear.must('shared hear', 'shared say 500');
      await say.must(`${name} get 500`);
    }
    const ports = [...names.map((_, i) => 60_000 + i), 50_000];
    const ends = (port: number) => [
      w.sum({ pod: client, role: 'client', remote: server.address, port, protocol: 'UDP' }),
      w.sum({ pod: server, role: 'server', remote: client.address, port, protocol: 'UDP' }),
    ];
    await w.until(
      () => ports.every((port) => ends(port).every(({ packetsToClient }) => packetsToClient >= 2)),
      'every answer is reported',
    );
    await w.settled();
    for (const port of ports) {
      for (const end of ends(port)) {
        const packetsToServer = port === 50_000 ? 0 : 1;
        t.match(end, { packetsToServer, bytesToServer: packetsToServer * 38, packetsToClient: 2, bytesToClient: 1056 });
      }
    }
    t.same(w.evidence({ pod: server }), [evidence]);
    t.notOk(
      w.evidence({ pod: client }).includes('ports'),
      `the client's end is no guess: ${w.evidence({ pod: client }).join()}`,
    );
    const edges = (end: string) => ports.map((port) => `${end} ${port}`);
    t.same(
      w.edges(),
      [
        ...edges(`client as client UDP ${server.address}`),
        ...edges(`server as server UDP ${client.address}`),
      ].toSorted(),
      'and there is no edge per client port',
    );
  });
}
