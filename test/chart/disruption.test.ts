import tap from 'tap';
import { whyNoKernel } from '../agent/node-fixture.ts';
import { chart, whyNoHelm } from './helm.ts';
import { readyIn, startReplicated } from './replicated.ts';

/* What an administrator does to aggregators that share a PostgreSQL: more of them, fewer, and a drain of their node. */

const skip = whyNoHelm() || whyNoKernel();
const own = '--namespace weir';
const component = 'app.kubernetes.io/component=aggregator';

tap.setTimeout(180_000);

tap.test('scaling, autoscaling and drains of aggregators lose nothing', { skip }, async (t) => {
  const running = await startReplicated(t, '--set aggregator.replicas=3');
  const { cluster, kubelet, ready, tellAll, fleetOf } = running;
  const fleet = fleetOf([2, 3, 4, 5]);
  /** Something is done while batches flow. */
  const during = async (what: string, replicas: number, change: () => Promise<void>) => {
    fleet.start();
    await fleet.until(({ acknowledged }) => acknowledged > 40);
    await change();
    await kubelet.ready();
    t.equal((await ready()).length, replicas, what);
    await fleet.until(({ pending }) => pending < 20);
    await tellAll(await fleet.finish(), `every connection counts once ${what}`);
  };

  await during('after it was scaled up and down', 2, async () => {
    await cluster.must(`kubectl scale deployment weir-aggregator ${own} --replicas=4`);
    await kubelet.ready();
    t.equal((await ready()).length, 4);
    await cluster.must(`kubectl scale deployment weir-aggregator ${own} --replicas=2`);
  });

  const bounds = '--set aggregator.autoscaling.minReplicas=3 --set aggregator.autoscaling.maxReplicas=4';
  await during('within the bounds of an autoscaler', 3, async () => {
    const upgrade = `helm upgrade weir ${chart} ${own} --reset-then-reuse-values --wait --timeout 90s`;
    await cluster.must(`${upgrade} --set aggregator.autoscaling.enabled=true ${bounds}`);
  });

  await during('after a drain', 3, async () => {
    const before = await ready();
    let fewest = before.length;
    let refused = 0;
    const unfollow = cluster.api.store.onChange(({ resource, after }) => {
      if (resource.kind === 'EndpointSlice' && after?.metadata.name === 'weir-aggregator-slice') {
        fewest = Math.min(fewest, readyIn(after).length);
      }
    });
    const drain = `kubectl drain n1 --ignore-daemonsets --pod-selector=${component}`;
    const { status, stderr } = await cluster.sh(`${drain} --timeout=6s`);
    t.equal(status, 1, 'a node is not drained as long as there is no place for the pods');
    refused += stderr.match(/would violate the pod's disruption budget/g)?.length ?? 0;
    t.ok(refused >= 2, stderr);
    t.equal((await ready()).length, 2, 'one was evicted, the others serve on');
    // From here on the node takes the pods that replace them.
    await cluster.must('kubectl uncordon n1');
    const draining = cluster.must(`${drain} --timeout=60s`);
    const cordoned = new Promise<void>((resolve) => {
      const stop = cluster.api.store.onChange(({ resource, after }) => {
        if (resource.kind !== 'Node' || (after?.['spec'] as { unschedulable?: boolean })?.unschedulable !== true)
          return;
        stop();
        resolve();
      });
    });
    await cordoned;
    await cluster.must('kubectl uncordon n1');
    await draining;
    await kubelet.ready();
    unfollow();
    t.equal(fewest, 2, 'there were never fewer');
    const after = await ready();
    t.notOk(
      after.some((name) => before.includes(name)),
      'every one has been replaced',
    );
  });
  t.strictSame(kubelet.problems, [], 'each ended within its time');
});
