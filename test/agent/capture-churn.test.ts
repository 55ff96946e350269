import t from 'tap';
import { whyNoKernel } from './node-fixture.ts';
import type { TestPod } from './pod-wiring.ts';
import { watched } from './watched.ts';

const batches = 20;
const podsPerBatch = 50;
const bytes = 100;
/** What a garbage-collected process may take more when it has worked than when it has just begun. */
const allowedGrowthMebibytes = 64;

// The kernel takes more than ten milliseconds for each program that is attached.
const timeoutMs = 180_000;
t.setTimeout(timeoutMs);

t.test('a thousand pods leave nothing behind', { skip: whyNoKernel(), timeout: timeoutMs }, async (t) => {
  const { w, node } = await watched(t);
  const held = () => {
    const series = [...w.agent.metrics()].filter(([name]) => /^weir_agent_(map_entries|interfaces)\b/.test(name));
    return Object.fromEntries(series);
  };
  const before = held();
  const talk = (pods: readonly TestPod[]) =>
    node.python(node, 'pairs', 9000, bytes, ...pods.flatMap(({ netns, address }) => [netns, address]));
  let earlyMebibytes = 0;
  const lasting: TestPod[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const pods = node.addPods(Array.from({ length: podsPerBatch }, (_, i) => `churn-${batch}-${i}`));
    // The kernel takes some 50 ms to attach to an interface and to let go of it: most go before they are watched.
    if (batch % 5 === 0) {
      await w.podsKnown(2 + podsPerBatch);
      lasting.push(...pods);
    }
    talk(pods);
    node.deletePod(...pods);
    if (batch % 5 === 4) {
      // What was said of the pods of this batch is said by then.
      await w.settled();
      await w.podsKnown(2);
    }
    if (batch === 4) earlyMebibytes = w.agent.residentMebibytes;
  }
  const names = new Set(lasting.map(({ name }) => name));
  const total = (role: 'client' | 'server', counter: 'established' | 'bytesToServer') =>
    w.records
      .filter(({ pod }) => names.has(pod.name))
      .reduce((sum, each) => sum + (each.role === role ? each.counters[counter] : 0), 0);
  await w.settled();
  const pairs = lasting.length / 2;
  for (const role of ['client', 'server'] as const) {
    t.equal(total(role, 'established'), pairs, `connections of every ${role} that was watched`);
    t.equal(total(role, 'bytesToServer'), pairs * (bytes + bytes + 28), `bytes of every ${role}, TCP and UDP`);
  }
  const holdsMore = () => Object.entries(held()).filter(([name, count]) => count > (before[name] ?? 0));
  await w
    .until(() => holdsMore().length === 0, `it holds no more than ${JSON.stringify(before)}`)
    .catch((error: unknown) => {
      throw new Error(`it still holds ${JSON.stringify(holdsMore())}`, { cause: error });
    });
  const grown = w.agent.residentMebibytes - earlyMebibytes;
  t.ok(grown < allowedGrowthMebibytes, `memory grew by ${grown.toFixed(1)} MiB from ${earlyMebibytes.toFixed(1)}`);
});
