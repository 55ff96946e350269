import { once } from 'node:events';
import tap from 'tap';
import type { DemoResult } from '../../lab/demo/result.ts';
import { startDemo, textOf } from './demo-process.ts';
import { leftOf, nothingLeft } from './left.ts';
import { whyNoLab } from './privileged.ts';

const name = 'shapes';

/** As the graph has to be the same on all of them, a number of nodes is tried where it makes the greatest difference. */
const shapes = [
  { cni: 'calico', nodes: '1', reasons: ['NETFILTER_DROP'] },
  { cni: 'weave', nodes: '2', reasons: ['NETFILTER_DROP'] },
  { cni: 'ovs', nodes: '2', reasons: ['unanswered'] },
  { cni: 'cilium', nodes: '1', reasons: ['TC_INGRESS'] },
  { cni: 'cilium', nodes: '2', reasons: ['TC_EGRESS', 'TC_INGRESS'] },
] as const;

tap.setTimeout(500_000);

await tap.test('the demo in every shape of a cluster', { skip: whyNoLab() }, async (suite) => {
  const graphs = new Map<string, readonly string[]>();
  for (const { cni, nodes, reasons } of shapes) {
    await suite.test(`${cni} with ${nodes} nodes`, async (t) => {
      const demo = await startDemo(name, '--once', '--json', '--window', '2s', '--cni', cni, '--nodes', nodes);
      const [stdout, stderr] = await Promise.all([textOf(demo.stdout), textOf(demo.stderr)]);
      if (!t.equal(demo.exitCode ?? (await once(demo, 'exit'))[0], 0)) t.comment(stderr);
      const result = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as DemoResult;
      t.match(result, { missing: [], unexpected: [], wrong_direction: 0, enforced: { legitimate_failed: 0 } });
      t.equal(result.rogue.dropped, result.rogue.attempts);
      for (const reason of result.rogue.reason.split(', '))
        t.ok(
          reasons.some((each) => each === reason),
          reason,
        );
      t.strictSame(leftOf(name), nothingLeft);
      graphs.set(`${cni} ${nodes}`, result.edges);
    });
  }
  const [first = [], ...others] = graphs.values();
  suite.ok(first.length > 30, `${first.length} edges`);
  for (const other of others) suite.strictSame(other, first, 'every shape gives the same graph, edge for edge');
  suite.equal(others.length, shapes.length - 1);
});
