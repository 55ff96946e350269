import tap, { type Test } from 'tap';
import type { StoredChange } from '../../lab/kube-api/object-store.ts';
import { whyNoKernel } from '../agent/node-fixture.ts';
import type { ApiCluster } from './api-cluster.ts';
import { chart, whyNoHelm } from './helm.ts';
import { startReplicated } from './replicated.ts';

/* What an administrator does to aggregators that share a PostgreSQL: more of them, fewer, and a drain of their node. */

const skip = whyNoHelm() || whyNoKernel();
const own = '--namespace weir';
const drain = 'kubectl drain n1 --ignore-daemonsets --pod-selector=app.kubernetes.io/component=aggregator';

tap.setTimeout(180_000);

async function cordoned({ api }: ApiCluster): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = ({ resource, after }: StoredChange) => {
      const isCordoned = (after?.['spec'] as { readonly unschedulable?: boolean } | undefined)?.unschedulable === true;
      if (resource.kind !== 'Node' || !isCordoned) return;
      unfollow();
      resolve();
    };
    const unfollow = api.store.onChange(look);
  });
}

/** Drains the only node, which takes the pods that replace the evicted ones only after a while. */
async function drainNode(t: Test, cluster: ApiCluster, ready: () => Promise<string[]>): Promise<void> {
  const { status, stderr } = await cluster.sh(`${drain} --timeout=3s`);
  t.equal(status, 1, 'it is not drained as long as there is no place for its pods');
  t.match(stderr, /would violate the pod's disruption budget/);
  t.equal((await ready()).length, 2, 'one was evicted, the others serve on');
  await cluster.must('kubectl uncordon n1');
  const draining = cluster.must(`${drain} --timeout=60s`);
  await cordoned(cluster);
  await cluster.must('kubectl uncordon n1');
  await draining;
}

tap.test('scaling, autoscaling and drains of aggregators lose nothing', { skip }, async (t) => {
  const { cluster, kubelet, traffic, ready, fewestDuring, tellAll, fleetOf } = await startReplicated(
    t,
    '--set aggregator.replicas=3',
  );
  const fleet = fleetOf([2, 3, 4, 5]);
  /** Something is done while batches flow. */
  const during = async (what: string, wanted: { fewest: number; last: number }, change: () => Promise<unknown>) => {
    fleet.start();
    await fleet.until(({ acknowledged }) => acknowledged > 40);
    const fewest = await fewestDuring(async () => await Promise.all([change(), traffic.connect(3)]));
    t.strictSame({ fewest, last: (await ready()).length }, wanted, what);
    await fleet.until(({ pending }) => pending < 20);
    await tellAll(await fleet.finish(), `${what}: every connection counts once`);
  };
  const upgrade = `helm upgrade weir ${chart} ${own} --reset-then-reuse-values --wait --timeout 90s`;
  const bounds = '--set aggregator.autoscaling.minReplicas=2 --set aggregator.autoscaling.maxReplicas=4';

  await during('an autoscaler takes over', { fewest: 3, last: 3 }, () =>
    cluster.must(`${upgrade} --set aggregator.autoscaling.enabled=true ${bounds}`),
  );
  await during('scaled up and down', { fewest: 2, last: 2 }, async () => {
    await cluster.must(`kubectl scale deployment weir-aggregator ${own} --replicas=4`);
    await kubelet.ready();
    t.equal((await ready()).length, 4);
    await cluster.must(`kubectl scale deployment weir-aggregator ${own} --replicas=2`);
  });
  await during('the autoscaler wants more', { fewest: 2, last: 3 }, () =>
    cluster.must(`${upgrade} --set aggregator.autoscaling.minReplicas=3`),
  );
  const before = await ready();
  await during('drained', { fewest: 2, last: 3 }, () => drainNode(t, cluster, ready));
  const after = await ready();
  t.strictSame(
    before.filter((name) => after.includes(name)),
    [],
    'every one has been replaced',
  );
  await during('drained of those that serve nobody', { fewest: 1, last: 3 }, async () => {
    const mayRestart = kubelet.holdRestarts();
    const [alive, ...dead] = await ready();
    for (const name of dead) kubelet.kill(`weir/${name}`);
    const { stderr } = await cluster.sh(`${drain} --timeout=3s`);
    t.match(stderr, new RegExp(`"${alive}".*would violate the pod's disruption budget`));
    t.strictSame(await ready(), [alive], 'the last that serves stays');
    const left = await cluster.must(`kubectl get pods ${own} -o name`);
    t.notOk(
      dead.some((name) => left.includes(name)),
      'the others are gone',
    );
    mayRestart();
    await cluster.must('kubectl uncordon n1');
  });
  t.strictSame(kubelet.problems, [], 'each ended within its time');
});
