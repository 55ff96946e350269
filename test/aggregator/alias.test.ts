import { join } from 'node:path';
import t from 'tap';
import type * as wire from '../../proto/wire.ts';
import { podYaml } from './cluster-fixture.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { everything, newFolder, start, TestCluster } from './running.ts';

const cart = podYaml({ name: 'cart-1', ip: '10.1.0.1', deployment: 'cart' });
const now = 1_900_000_000_000;

function aliasOf(name: string, cidr: string, change: Partial<wire.Alias> = {}): wire.Alias {
  return { name, cidr, allowed: false, expiresUnixMs: 0, comment: '', expired: false, ...change };
}

/** An aggregator to which cart has reported calls to these outside addresses, on a clock that the test sets. */
async function recorded(t: Parameters<typeof start>[0], remotes: readonly string[]) {
  const clock = { time: now, now: () => clock.time };
  const database = join(newFolder(t), 'weir.db');
  const running = await start(t, new TestCluster(cart), { clock, database });
  const agent = new Pusher(running.connection);
  await agent.welcome();
  agent.send(
    batchOf(
      1,
      remotes.map((remote) => call('cart-1', remote, 443)),
    ),
  );
  await agent.ackThrough(1);
  const { alias, query } = running.connection;
  const set = (name: string, cidr: string, change: Partial<wire.Alias> = {}) =>
    alias.setAlias({ cluster: '', alias: aliasOf(name, cidr, change) });
  const names = async () => {
    const { edges } = await query.listEdges(everything);
    return edges.map(({ server }) =>
      server?.entity === 'external' ? [server.external, server.alias?.name ?? null] : [],
    );
  };
  return { ...running, clock, database, set, names };
}

t.test('a new alias names what was recorded before it, and of several the smallest block does', async (t) => {
  const { connection, set, names } = await recorded(t, ['203.0.113.7', '203.0.113.8', '198.51.100.1']);
  t.strictSame(await names(), [
    ['198.51.100.1', null],
    ['203.0.113.7', null],
    ['203.0.113.8', null],
  ]);
  t.match(await set('bank', '203.0.113.0/24'), { alias: { name: 'bank', cidr: '203.0.113.0/24', expired: false } });
  await set('vault', '203.0.113.8');
  t.strictSame(await names(), [
    ['198.51.100.1', null],
    ['203.0.113.7', 'bank'],
    ['203.0.113.8', 'vault'],
  ]);
  await connection.alias.removeAlias({ cluster: '', name: 'vault' });
  t.strictSame((await names())[2], ['203.0.113.8', 'bank']);
});

t.test('an alias that has expired names nothing, uncovers what it lay in, and stays in the list', async (t) => {
  const { connection, clock, set, names } = await recorded(t, ['203.0.113.7']);
  await set('bank', '203.0.113.0/24');
  await set('visit', '203.0.113.7', { expiresUnixMs: now + 1_000 });
  t.strictSame(await names(), [['203.0.113.7', 'visit']]);
  clock.time += 1_000;
  t.strictSame(await names(), [['203.0.113.7', 'bank']]);
  const { aliases } = await connection.alias.listAliases({ cluster: 'demo' });
  t.strictSame(
    aliases.map(({ name, expired }) => [name, expired]),
    [
      ['bank', false],
      ['visit', true],
    ],
  );
});

t.test('what cannot be an alias is refused, and changes nothing', async (t) => {
  const { connection, set } = await recorded(t, []);
  await set('bank', '203.0.113.0/24');
  const refuses = async (asked: Promise<unknown>, details: RegExp) =>
    t.match(await asked.catch((error: unknown) => error), { details });
  await refuses(set('other', '203.0.113.0/24'), /^The alias is not valid: 203.0.113.0\/24 is bank already/);
  await refuses(set('bits', '203.0.113.9/24'), /give 203.0.113.0\/24/);
  await refuses(connection.alias.setAlias({ cluster: '', alias: null }), /the request has none/);
  await refuses(connection.alias.removeAlias({ cluster: '', name: 'nope' }), /^No such alias: "nope"; list them/);
  await refuses(connection.alias.listAliases({ cluster: 'elsewhere' }), /cluster elsewhere is not served here/);
  await set('two', '2001:db8::/32');
  await set('three', '198.51.100.0/24');
  await refuses(set('four', '192.0.2.0/24'), /there are 3 already; .*--max-aliases/);
  await set('two', '192.0.2.0/24');
  const { aliases } = await connection.alias.listAliases({ cluster: '' });
  t.strictSame(
    aliases.map(({ cidr }) => cidr),
    ['203.0.113.0/24', '198.51.100.0/24', '192.0.2.0/24'],
  );
});

t.test('a policy allows the whole block of an allowed alias, and nothing of one that is not', async (t) => {
  const { connection, set } = await recorded(t, ['203.0.113.7', '203.0.113.8', '198.51.100.1', '192.0.2.1']);
  await set('bank', '203.0.113.0/24', { allowed: true });
  await set('tracker', '198.51.100.0/24');
  const asked = { ...everything, ingress: false, egress: true };
  const { yaml, excluded } = await connection.policy.generate(asked);
  t.equal(yaml.split('cidr: 203.0.113.0/24').length, 2, 'once');
  t.notMatch(yaml, /203\.0\.113\.[78]|198\.51/);
  t.match(yaml, /cidr: 192\.0\.2\.1\/32/);
  t.match(excluded, [{ reason: 'the other end is in 198.51.100.0/24 (tracker), which is not allowed' }]);
});

t.test('a follower is told the alias too', async (t) => {
  const { connection, set } = await recorded(t, []);
  await set('bank', '203.0.113.0/24');
  const stream = connection.query.follow({ cluster: '', scope: null });
  t.teardown(() => stream.cancel());
  stream.on('error', () => undefined);
  await new Promise((resolve) => stream.once('metadata', resolve));
  const window = new Promise<wire.FollowResponse>((resolve) => stream.once('data', resolve));
  const agent = new Pusher(connection, { node: 'n2' });
  await agent.welcome();
  agent.send(batchOf(1, [call('cart-1', '203.0.113.7', 443)]));
  t.match((await window).edges, [{ server: { external: '203.0.113.7', alias: { name: 'bank' } } }]);
});
