import t from 'tap';
import { whyNoKernel } from './node-fixture.ts';
import { watched } from './watched.ts';

const batches = 10;
const podsPerBatch = 100;
const bytes = 100;
/** What a garbage-collected process may take more when it has worked than when it has just begun. */
const allowedGrowthMebibytes = 64;

// The kernel takes more than ten milliseconds for each program that is attached.
t.setTimeout(180_000);

t.test('a thousand pods leave nothing behind', { skip: whyNoKernel(), timeout: 180_000 }, async (t) => {
  const { w, node } = await watched(t);
  const held = () => {
    const series = [...w.agent.metrics()].filter(([name]) => /^weir_agent_(map_entries|interfaces)\b/.test(name));
    return Object.fromEntries(series);
  };
  const before = held();
  let earlyMebibytes = 0;
  for (let batch = 0; batch < batches; batch++) {
    const pods = node.addPods(Array.from({ length: podsPerBatch }, (_, i) => `churn-${batch}-${i}`));
    await w.podsKnown(2 + podsPerBatch);
    node.python(node, 'pairs', 9000, bytes, ...pods.flatMap(({ netns, address }) => [netns, address]));
    node.deletePod(...pods);
    await w.podsKnown(2);
    if (batch === 2) earlyMebibytes = w.agent.residentMebibytes;
  }
  const churned = () => w.records.filter(({ pod }) => pod.name.startsWith('churn-'));
  const total = (role: 'client' | 'server', counter: 'established' | 'bytesToServer' | 'packetsToClient') =>
    churned().reduce((sum, each) => sum + (each.role === role ? each.counters[counter] : 0), 0);
  const pairs = (batches * podsPerBatch) / 2;
  await w.until(() => total('client', 'established') >= pairs, 'all connections are reported');
  await w.settled();
  for (const role of ['client', 'server'] as const) {
    t.equal(total(role, 'established'), pairs, `connections of every ${role}`);
    t.equal(total(role, 'bytesToServer'), pairs * (bytes + bytes + 28), `bytes of every ${role}, TCP and UDP`);
  }
  t.same(w.losses(), {});
  await w.until(
    () => JSON.stringify(held()) === JSON.stringify(before),
    `it holds no more than ${JSON.stringify(before)}`,
  );
  const grown = w.agent.residentMebibytes - earlyMebibytes;
  t.ok(grown < allowedGrowthMebibytes, `memory grew by ${grown.toFixed(1)} MiB from ${earlyMebibytes.toFixed(1)}`);
});
