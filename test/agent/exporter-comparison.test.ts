import { spawnSync } from 'node:child_process';
import t from 'tap';
import { type ExportedFlow, NetflowExporter } from './netflow-exporter.ts';
import { type TestNode, whyNoKernel } from './node-fixture.ts';
import type { TestPod } from './pod-wiring.ts';
import { edgeText } from './reports.ts';
import { Watched } from './watched.ts';

const missing = spawnSync('softflowd', ['-h']).error ?? spawnSync('nfdump', ['-V']).error;
const skip = whyNoKernel() || (missing === undefined ? false : 'softflowd and nfdump are not installed');

/** What the pods of this test answer on, or refuse; a flow's other end is the client. */
const servers: ReadonlyMap<string, readonly number[]> = new Map([
  ['TCP', [8080, 8081, 9000, 81]],
  ['UDP', [5300, 5301, 9001]],
]);
const echo = { ICMP: { request: 8 * 256, reply: 0 }, ICMPv6: { request: 128 * 256, reply: 129 * 256 } } as const;

interface Traffic {
  packetsToServer: number;
  packetsToClient: number;
  bytesToServer: number;
  bytesToClient: number;
}

/** What the exporter's flows say of one pod, in the agent's words: without client ports, with the server's. */
function edgesOfFlows(flows: readonly ExportedFlow[], pod: TestPod): Map<string, Traffic> {
  const own: readonly string[] = [pod.address, pod.address6];
  const edges = new Map<string, Traffic>();
  for (const { protocol, source, sourcePort, destination, destinationPort, packets, bytes } of flows) {
    let [toServer, port] = [true, destinationPort];
    if (protocol === 'ICMP' || protocol === 'ICMPv6') {
      const { request, reply } = echo[protocol];
      // Errors, neighbours, routers and groups are nobody's edge.
      if (destinationPort !== request && destinationPort !== reply) continue;
      toServer = destinationPort === request;
      port = request;
    } else if (servers.get(protocol)?.includes(destinationPort) !== true) {
      [toServer, port] = [false, sourcePort];
    }
    const fromPod = own.includes(source);
    const role = fromPod === toServer ? 'client' : 'server';
    const key = `${pod.name} as ${role} ${protocol} ${fromPod ? destination : source} ${port}`;
    const sum = edges.get(key) ?? { packetsToServer: 0, packetsToClient: 0, bytesToServer: 0, bytesToClient: 0 };
    if (toServer) sum.packetsToServer += packets;
    else sum.packetsToClient += packets;
    if (toServer) sum.bytesToServer += bytes;
    else sum.bytesToClient += bytes;
    edges.set(key, sum);
  }
  return edges;
}

/** A pod that calls and is called, by short and long, few and many, one after the other and all at once. */
async function mixedTraffic(node: TestNode, pod: TestPod, others: readonly TestPod[]): Promise<void> {
  const speakers = await Promise.all(others.map(() => node.startPython(pod, 'speak')));
  const callers = await Promise.all(others.map((other) => node.startPython(other, 'speak')));
  const outward = speakers.map(async (say, i) => {
    const { address, address6 } = others[i] as TestPod;
    await say.must(`long tcp ${address} 8081`, 'long send 50000', `v6 tcp ${address6} 8080`, 'v6 send 3000');
    for (let n = 0; n < 10; n++) await say.must(`c tcp ${address} 8080`, 'c send 200', 'c close');
    for (let n = 0; n < 10; n++) await say.must(`u udp ${address} 5300`, 'u send 300', 'u close');
    await say.must(`w udp ${address} 5301`, 'w send 100 20', `x udp ${address6} 5301`, 'x send 50 5');
    await say.ask(`r tcp ${address} 81`);
    await say.must('long send 50000', 'long close');
  });
  const inward = callers.map(async (say) => {
    await say.must(`long tcp ${pod.address} 9000`, 'long send 20000');
    for (let n = 0; n < 5; n++) await say.must(`c tcp ${pod.address6} 9000`, 'c send 20', 'c close');
    for (let n = 0; n < 5; n++) await say.must(`u udp ${pod.address} 9001`, 'u send 30', 'u close');
    await say.must(`x udp ${pod.address6} 9001`, 'x send 50 5', 'long close');
  });
  await Promise.all([...outward, ...inward]);
  for (const { address, address6 } of others)
    for (const each of [address, address6]) node.python(pod, 'icmp', each, 3, 56);
  for (const other of others) node.python(other, 'icmp', pod.address, 2, 10);
}

t.test('the agent and an independent exporter see the same edges', { skip }, async (t) => {
  const w = new Watched(t);
  const { node } = w;
  await w.listen();
  const [pod, ...others] = node.addPods(['pod', 'one', 'two', 'three']) as [TestPod, ...TestPod[]];
  w.startAgent();
  await w.podsKnown(4);
  const exporter = await NetflowExporter.start(node, pod);
  const ports = ['tcp', '::', 8080, 'tcp', '::', 8081, 'udp', '0.0.0.0', 5300, 'udp', '0.0.0.0', 5301];
  for (const other of others) {
    await node.startPython(other, 'hear', ...ports, 'udp', other.address6, 5301);
  }
  await node.startPython(pod, 'hear', 'tcp', '::', 9000, 'udp', '0.0.0.0', 9001, 'udp', pod.address6, 9001);
  await mixedTraffic(node, pod, others);
  const flows = await exporter.finish();
  const exported = edgesOfFlows(flows, pod);
  await w.settled();
  await w.settled();

  const reported = w.records.filter((record) => record.pod.uid === `uid-${pod.name}`);
  const edges = [...new Set(reported.map(edgeText))].toSorted();
  t.equal(exported.size, others.length * 14, 'the exporter saw every kind of traffic');
  const expected = [...exported.keys()].toSorted();
  if (!t.same(edges, expected, 'edges: none is missing, none comes on top')) {
    t.comment(`exported:\n${expected.join('\n')}\nreported:\n${edges.join('\n')}`);
    t.comment(`flows:\n${flows.map((flow) => JSON.stringify(flow)).join('\n')}`);
  }
  for (const [edge, traffic] of exported) {
    if (edge.includes(' TCP ')) continue;
    const sum: Traffic = { packetsToServer: 0, packetsToClient: 0, bytesToServer: 0, bytesToClient: 0 };
    for (const record of reported.filter((each) => edgeText(each) === edge)) {
      for (const name of Object.keys(sum) as (keyof Traffic)[]) sum[name] += record.counters[name];
    }
    t.same(sum, traffic, `packets and bytes of ${edge}`);
  }
});
