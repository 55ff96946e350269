import { join } from 'node:path';
import t from 'tap';
import type * as wire from '../../proto/wire.ts';
import { podYaml } from './cluster-fixture.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { everything, newFolder, start, TestCluster } from './running.ts';

const cart = podYaml({ name: 'cart-1', ip: '10.1.0.1', deployment: 'cart' });
const unset: wire.Settings = {
  workloadLabels: { include: [], exclude: [] },
  namespaceLabels: { include: [], exclude: [] },
  podCidrs: [],
  serviceCidrs: [],
  serviceRules: 'SERVICE_RULES_UNSPECIFIED',
  revision: 0,
};

t.test('settings are kept with a revision, in canonical form, over a restart', async (t) => {
  const database = join(newFolder(t), 'weir.db');
  const first = await start(t, new TestCluster(cart), { database });
  const { settings } = first.connection;
  t.match(await settings.getSettings({}), { settings: unset });
  const given: wire.Settings = {
    workloadLabels: { include: ['app', 'app'], exclude: ['helm.sh/*'] },
    namespaceLabels: { include: [], exclude: ['team'] },
    podCidrs: ['10.244.3.9/16'],
    serviceCidrs: ['fd00::/108', '10.97.0.0/16'],
    serviceRules: 'SERVICE_RULES_ADDRESSES',
    revision: 0,
  };
  const kept = {
    ...given,
    workloadLabels: { include: ['app'], exclude: ['helm.sh/*'] },
    podCidrs: ['10.244.0.0/16'],
    serviceCidrs: ['10.97.0.0/16', 'fd00::/108'],
    revision: 1,
  };
  t.match(await settings.setSettings({ settings: given }), { settings: kept });
  await first.aggregator.stop();
  const again = await start(t, new TestCluster(cart), { database });
  t.match(await again.connection.settings.getSettings({}), { settings: kept });
});

t.test('a change in between is not overwritten, unless revision 0 asks for that', async (t) => {
  const { settings } = (await start(t, new TestCluster(cart))).connection;
  const set = (revision: number, podCidrs: string[]) =>
    settings.setSettings({ settings: { ...unset, podCidrs, revision } });
  t.match(await set(0, ['10.2.0.0/16']), { settings: { revision: 1 } });
  t.match(await set(1, ['10.3.0.0/16']), { settings: { revision: 2 } });
  const refused = await set(1, ['10.4.0.0/16']).catch((error: unknown) => error);
  t.match(refused, { code: 10, details: /changed meanwhile: they have revision 2, not 1; read them again/ });
  t.match(await set(0, []), { settings: { revision: 3, podCidrs: [] } });
});

t.test('what cannot be settings is refused with what to give', async (t) => {
  const { settings } = (await start(t, new TestCluster(cart))).connection;
  const refuses = async (change: Partial<wire.Settings>, details: RegExp) => {
    const error = await settings.setSettings({ settings: { ...unset, ...change } }).catch((thrown: unknown) => thrown);
    t.match(error, { code: 3, details });
  };
  await refuses({ podCidrs: ['10.0.0.0'] }, /pod_cidrs: "10\.0\.0\.0" is no block; give one such as/);
  await refuses(
    { workloadLabels: { include: ['a b'], exclude: [] } },
    /workload_labels\.include: "a b" is no label key/,
  );
  await refuses({ namespaceLabels: { include: ['x'], exclude: ['x'] } }, /namespace_labels includes and excludes x/);
  await refuses({ serviceCidrs: Array.from({ length: 201 }, (_, i) => `10.0.${i}.0/24`) }, /201 entries; give 200/);
  const none = await settings.setSettings({}).catch((error: unknown) => error);
  t.match(none, { code: 3, details: /the request has none/ });
});

t.test('blocks that are set say from then on which addresses are pods', async (t) => {
  const { connection } = await start(t, new TestCluster(cart));
  const agent = new Pusher(connection);
  await agent.welcome();
  const typeOf = async (sequence: number, address: string) => {
    agent.send(batchOf(sequence, [call('cart-1', address, 443)]));
    await agent.ackThrough(sequence);
    const { edges } = await connection.query.listEdges(everything);
    const found = edges.find(({ server }) =>
      server?.entity === 'unresolved' ? server.unresolved.address === address : server?.entity === 'external',
    );
    return found?.server?.entity;
  };
  await connection.settings.setSettings({ settings: { ...unset, podCidrs: ['10.8.0.0/16'] } });
  t.equal(await typeOf(1, '10.8.0.5'), 'unresolved');
  t.equal(await typeOf(2, '10.1.9.9'), 'unresolved', 'the flags count too');
  await connection.settings.setSettings({ settings: unset });
  t.equal(await typeOf(3, '10.8.0.6'), 'external');
});
