import type { Test } from 'tap';
import { generatePolicies, readPolicies } from '../../lab/demo/policies.ts';
import { watchEdges } from '../../lab/demo/watch.ts';
import { Weir } from '../../lab/demo/weir.ts';
import type { CniName } from '../../lab/cni/cni.ts';
import type { Lab } from '../../lab/lab.ts';
import { freePort } from './demo-process.ts';
import { cellsOf, disagreements } from './matrix.ts';

/**
 * Lets Weir watch a lab and make its policies, and tries in the kernel whether they do what the evaluator computes.
 * Leaves Weir and the policies behind.
 */
export async function tryProof(t: Test, lab: Lab, cni: CniName): Promise<void> {
  const address = async () => `127.0.0.1:${await freePort()}`;
  const listening = { listen: await address(), metricsListen: await address(), httpListen: await address() };
  const { signal } = new AbortController();
  const options = { name: lab.name, cni, nodes: '2' as const, once: true, json: true, window: '2s', ...listening };
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
}
