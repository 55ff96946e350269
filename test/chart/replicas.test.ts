import tap from 'tap';
import { whyNoKernel } from '../agent/node-fixture.ts';
import { chart, whyNoHelm } from './helm.ts';
import { startReplicated } from './replicated.ts';

/* Several aggregators that share a PostgreSQL, as the chart installs them: one is killed, and all are replaced. */

const skip = whyNoHelm() || whyNoKernel();
const nodes = [2, 3, 4, 5, 6, 7, 8, 9];

// One that is killed is told of as missing after 25 s.
tap.setTimeout(180_000);

tap.test('aggregators that share a PostgreSQL lose nothing, whatever becomes of one', { skip }, async (t) => {
  const { cluster, kubelet, traffic, ready, fewestDuring, statusWhen, tellAll, fleetOf } = await startReplicated(
    t,
    '--set aggregator.replicas=3',
  );
  const before = await ready();
  t.equal(before.length, 3);
  const { replicas } = await statusWhen(0, 'all are well', (status) => status.replicas.length === 3);
  t.strictSame(replicas.map(({ name }) => name).toSorted(), before, 'the status names every replica');

  const fleet = fleetOf(nodes);
  fleet.start();
  await fleet.until(({ acknowledged }) => acknowledged > 100);
  const spread = await statusWhen(null, 'all agents are connected', (status) => {
    const connected = status.replicas.reduce((sum, { agentsConnected }) => sum + agentsConnected, 0);
    return connected === nodes.length + 1;
  });
  const byAgents = spread.replicas.toSorted((a, b) => b.agentsConnected - a.agentsConnected);
  t.ok((byAgents[1]?.agentsConnected ?? 0) > 0, 'agents spread over the replicas');
  const busiest = byAgents[0]?.name ?? '';

  const mayRestart = kubelet.holdRestarts();
  await traffic.connect(3);
  kubelet.kill(`weir/${busiest}`);
  await traffic.connect(3);
  const { acknowledged } = await fleet.until(() => true);
  await fleet.until((progress) => progress.acknowledged > acknowledged + 300);
  t.strictSame(
    await ready(),
    before.filter((name) => name !== busiest),
    'one that is dead is out of the Service',
  );
  await tellAll(await fleet.finish(), 'every connection counts once after a kill');
  const isMissing = new RegExp(`^aggregator ${busiest} was last heard of`);
  await statusWhen(3, 'it is missing', ({ health }) =>
    health.findings.some(({ severity, text }) => severity === 'fault' && isMissing.test(text)),
  );
  mayRestart();
  await kubelet.ready();
  t.strictSame(await ready(), before, 'it is back in the Service');
  await statusWhen(0, 'nobody is missing any more');

  fleet.start();
  await fleet.until((progress) => progress.acknowledged > 100);
  const upgrade = `helm upgrade weir ${chart} --namespace weir --reset-then-reuse-values --wait --timeout 120s`;
  const fewest = await fewestDuring(() => cluster.must(`${upgrade} --set aggregator.logLevel=debug`));
  await traffic.connect(3);
  t.equal(fewest, 3, 'there were never fewer');
  const after = await ready();
  t.equal(after.length, 3);
  t.notOk(
    after.some((name) => before.includes(name)),
    'every one has been replaced',
  );
  await fleet.until((progress) => progress.pending < 50);
  await tellAll(await fleet.finish(), 'every connection counts once after a rolling update');
  await statusWhen(0, 'all are well', (status) => status.replicas.length === 3);
  t.strictSame(kubelet.problems, [], 'each ended within its time');
});
