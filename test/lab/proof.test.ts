import tap from 'tap';
import { generatePolicies, readPolicies } from '../../lab/demo/policies.ts';
import { watchEdges } from '../../lab/demo/watch.ts';
import { Weir } from '../../lab/demo/weir.ts';
import { Lab } from '../../lab/lab.ts';
import { leftOf, nothingLeft } from './left.ts';
import { cellsOf, disagreements } from './matrix.ts';
import { whyNoLab } from './privileged.ts';

tap.setTimeout(500_000);

/** Listens apart from a demo that may run beside. */
const listening = { listen: '127.0.0.1:17280', metricsListen: '127.0.0.1:17281', httpListen: '127.0.0.1:17283' };

for (const cni of ['calico', 'weave', 'cilium', 'ovs'] as const) {
  await tap.test(`what was generated is enforced as computed, wired as ${cni}`, { skip: whyNoLab() }, async (t) => {
    const name = 'proof';
    const lab = await Lab.start({ name, cni });
    t.teardown(() => lab.stop());
    const { signal } = new AbortController();
    const options = { name, cni, nodes: '2' as const, once: true, json: true, window: '2s', ...listening };
    const weir = await Weir.start(lab, options, signal);
    t.teardown(() => weir.close());
    lab.startTraffic();
    const times = { withinMs: 60_000, settleMs: 2_000 };
    const { missing } = await watchEdges(weir, lab.expectedEdges(), times, () => undefined, signal);
    t.strictSame(missing, []);
    lab.stopTraffic();
    const namespaces = [...new Set(lab.pods.map(({ namespace }) => namespace))];
    const generated = await generatePolicies(weir, namespaces);
    const policies = readPolicies(generated.map(({ yaml }) => yaml).join('---\n'));
    await lab.enforce(policies);
    const cells = await cellsOf(lab, policies);
    const count = (decision: string) => cells.filter(({ computed }) => computed === decision).length;
    t.ok(count('allowed') > 20 && count('denied') > 500, `${count('allowed')} allowed, ${count('denied')} denied`);
    t.equal(count('depends'), 0);
    t.strictSame(await disagreements(lab, cells), []);
    weir.close();
    await lab.stop();
    t.strictSame(leftOf(name), nothingLeft);
  });
}
