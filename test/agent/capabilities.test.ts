import t from 'tap';
import { whyNoKernel } from './node-fixture.ts';
import { watched } from './watched.ts';

/** All that the agent may keep once it runs, by the numbers of linux/capability.h. */
const allowed = {
  DAC_OVERRIDE: 1,
  DAC_READ_SEARCH: 2,
  NET_ADMIN: 12,
  SYS_ADMIN: 21,
  PERFMON: 38,
  BPF: 39,
} as const;

/** Names of capabilities that make more of a captured process than a reader of counters. */
const never = { SETUID: 7, NET_RAW: 13, SYS_MODULE: 16, SYS_RAWIO: 17, SYS_PTRACE: 19, SYS_BOOT: 22 } as const;

function numbersOf(mask: string): number[] {
  const bits = BigInt(`0x${mask}`);
  return Array.from({ length: 64 }, (_, i) => i).filter((i) => (bits >> BigInt(i)) & 1n);
}

t.test('a running agent keeps only the capabilities that it names', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, server } = await watched(t);
  for (const set of ['CapEff', 'CapPrm', 'CapInh', 'CapAmb'] as const) {
    const kept = numbersOf(w.agent.statusField(set));
    const excess = kept.filter((number) => !Object.values<number>(allowed).includes(number));
    t.same(excess, [], `${set} is ${w.agent.statusField(set)}`);
    for (const [name, number] of Object.entries(never)) t.notOk(kept.includes(number), `${set} has no ${name}`);
  }

  await node.startPython(server, 'hear', 'tcp', '0.0.0.0', 8080);
  const fresh = node.addPod('fresh');
  await w.podsKnown(3);
  const say = await node.startPython(fresh, 'speak');
  await say.must(`c tcp ${server.address} 8080`, 'c send 10', 'c close');
  const sum = () => w.sum({ pod: fresh, role: 'client', remote: server.address, port: 8080 });
  await w.until(() => sum().established === 1, 'they are enough for a pod that comes later');
  node.deletePod(fresh, client);
  await w.podsKnown(1);
  t.equal(await w.agent.stop(), 0, 'and for an orderly end');
});
