import fc from 'fast-check';
import t from 'tap';
import type { RemotePeer } from '../../aggregator/identity/remote-peer.ts';
import {
  addressOf,
  clusterOf,
  newIdentity,
  podYaml,
  serviceYaml,
  someReporter,
  type TestIdentity,
  toleranceMs,
} from './cluster-fixture.ts';
import { controllers, ips, start, state } from './histories.ts';

/** Everything that can be asked of the state at a moment after everything that was before it. */
function answers(identity: TestIdentity, lastSeenUnixMs: number): RemotePeer[] {
  const addresses = [...ips, '10.96.0.7', '10.96.0.8', '172.30.0.1', '172.30.0.2', '10.244.1.1', '10.244.2.9'];
  const ports = [80, 81, 30_080, 30_081];
  return addresses.flatMap((address) =>
    ports.map((port) => {
      const record = { pod: someReporter, role: 'client', port, protocol: 'TCP', seenAs: null } as const;
      return identity.remote({ ...record, remote: addressOf(address), lastSeenUnixMs });
    }),
  );
}

t.test('change by change it comes to the same as from the whole state at once', async () => {
  fc.assert(
    fc.property(fc.array(state, { minLength: 1, maxLength: 8 }), (states) => {
      const identity = newIdentity();
      states.forEach((texts, i) => {
        const now = start + i * 10 * toleranceMs;
        const cluster = clusterOf(...controllers, ...texts);
        identity.update(cluster, now);
        const atOnce = newIdentity();
        atOnce.update(cluster, now);
        const asked = now + 2 * toleranceMs;
        const [said, expected] = [answers(identity, asked), answers(atOnce, asked)].map((each) => JSON.stringify(each));
        if (said !== expected) throw new Error(`after state ${i}:\n${said}\n${expected}`);
      });
    }),
    { seed: 5, numRuns: 60 },
  );
});

const web = (ports: readonly object[] = [{ port: 80, targetPort: 8080 }]) =>
  serviceYaml({ name: 'web', ip: '10.96.0.7', selector: { tier: 'web' }, ports });
const inShop = (name: string, ip: string, deployment: string) =>
  podYaml({ name, ip, deployment, labels: { tier: 'web' } });

t.test('a Service follows its pods, one by one, and tells what was behind it when', async (t) => {
  const identity = newIdentity();
  const at = (lastSeenUnixMs: number) => {
    const record = { pod: someReporter, role: 'client', port: 80, protocol: 'TCP', seenAs: null } as const;
    const { entity } = identity.remote({ ...record, remote: addressOf('10.96.0.7'), lastSeenUnixMs });
    return entity.type === 'workload' || entity.type === 'service' ? `${entity.type} ${entity.name}` : entity.type;
  };
  const hour = 3_600_000;
  identity.update(clusterOf(web()), start);
  identity.update(clusterOf(web(), inShop('blue-1', '10.1.0.1', 'blue')), start + hour / 4);
  identity.update(
    clusterOf(web(), inShop('blue-1', '10.1.0.1', 'blue'), inShop('green-1', '10.1.0.2', 'green')),
    start + hour / 2,
  );
  identity.update(clusterOf(web(), inShop('green-1', '10.1.0.2', 'green')), start + (3 * hour) / 4);
  const minute = 60_000;
  t.strictSame(
    [minute, hour / 4 + minute, hour / 2 + minute, (3 * hour) / 4 + minute].map((after) => at(start + after)),
    ['service web', 'workload blue', 'service web', 'workload green'],
  );
  t.strictSame(
    identity.services().map(({ ref, targets }) => [ref.name, [...targets].map(([key, each]) => [key, each.length])]),
    [['web', [['TCP/80', 1]]]],
  );
});

t.test('what is learnt names the pods and addresses that a batch may wait for', async (t) => {
  const identity = newIdentity();
  identity.update(clusterOf(web()), start);
  const learnt = identity.update(clusterOf(web(), inShop('blue-1', '10.1.0.1', 'blue')), start + 1);
  t.strictSame([...learnt.keys].toSorted(), ['10.1.0.1', '10.96.0.7', 'shop/blue-1', 'uid-blue-1']);
  t.strictSame([...identity.update(clusterOf(web(), inShop('blue-1', '10.1.0.1', 'blue')), start + 2).keys], []);
});

t.test(
  'a controller that comes after its pods changes who they are, where they are and what is behind a Service',
  async (t) => {
    const identity = newIdentity();
    const [pod = '', set = '', top = ''] = inShop('blue-1', '10.1.0.1', 'blue').split('\n---\n');
    identity.update(clusterOf(web(), pod), start);
    const { keys } = identity.update(clusterOf(web(), pod, set, top), start + 1);
    t.strictSame([...keys].toSorted(), ['10.1.0.1', '10.96.0.7', 'shop/blue-1', 'uid-blue-1']);
    t.strictSame([...identity.update(clusterOf(web(), pod, set, top), start + 2).keys], []);
  },
);
