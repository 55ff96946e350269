import t from 'tap';
import { setTimeout as sleep } from 'node:timers/promises';
import { version } from '../../core/version.ts';
import { PostgresServer } from '../../lab/programs/postgres-server.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { anyStatus } from '../agent/spools.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { startReplicas } from './replicas.ts';

// A server takes seconds to start on a busy machine.
t.setTimeout(90_000);

/** The status once it is as it should be. */
async function statusWhen(
  { query }: Connection,
  holds: (status: wire.GetStatusResponse) => boolean,
): Promise<wire.GetStatusResponse> {
  for (;;) {
    const status = await query.getStatus({});
    if (holds(status)) return status;
    await sleep(50);
  }
}

t.test('whichever of several aggregators is asked, the status is of all', async (t) => {
  const server = await PostgresServer.start((remove) => t.teardown(remove));
  const [one, other] = (await startReplicas(t, server, 2)) as [Connection, Connection];
  const status = { ...anyStatus, kernel: '6.18.0', spoolBytes: 7 };
  const agent = new Pusher(one, { status });
  const silent = new Pusher(one, { node: 'n2', status });
  await Promise.all([agent.welcome(), silent.welcome()]);
  agent.send(batchOf(1, [call('cart-1', '203.0.113.7', 443)]));
  await agent.ackThrough(1);

  const isWhole = ({ clusters: [cluster] }: wire.GetStatusResponse) =>
    cluster?.agents.length === 2 &&
    cluster.agents[0]?.committed !== null &&
    cluster.agents.every((each) => each.connected && each.status !== null);
  const { replicas, store, clusters } = await statusWhen(other, isWhole);
  t.match(replicas, [
    { version, agentsConnected: 0, certificate: null },
    { version, agentsConnected: 2, certificate: null },
  ]);
  t.match(clusters[0]?.agents, [
    { node: 'n1', connected: true, status, coverage: { windows: 1 } },
    { node: 'n2', connected: true, status, committed: null },
  ]);
  t.match(store, { kind: 'postgres', place: /^PostgreSQL at 127/, schemaVersion: 6, problem: '' });
  t.ok((store?.bytes ?? 0) > 8192, 'it takes some pages');

  agent.close();
  silent.close();
  const isGone = ({ clusters: [cluster] }: wire.GetStatusResponse) => cluster?.agents.every((each) => !each.connected);
  const after = await statusWhen(other, (answer) => isGone(answer) === true);
  t.match(after.clusters[0]?.agents, [{ node: 'n1', connected: false }]);
});

t.test('an aggregator that was killed is missing for a while, and its agents are elsewhere', async (t) => {
  const server = await PostgresServer.start((remove) => t.teardown(remove));
  const [one, other] = (await startReplicas(t, server, 2)) as [Connection, Connection];
  const agent = new Pusher(one, { status: anyStatus });
  await agent.welcome();
  const isTold = (status: wire.GetStatusResponse) => status.replicas.some(({ agentsConnected }) => agentsConnected > 0);
  await statusWhen(other, isTold);
  const schema = server.query("SELECT schemaname FROM pg_tables WHERE tablename = 'weir_replica'");
  // What it said last, some turns ago.
  server.query(
    `INSERT INTO ${schema}.weir_replica SELECT 'killed', seen_unix_ms - 3000, body FROM ${schema}.weir_replica`.concat(
      ' ORDER BY length(body) DESC LIMIT 1',
    ),
  );
  agent.close();
  const { replicas, clusters } = await statusWhen(
    other,
    (status) =>
      status.replicas.length === 3 && status.clusters[0]?.agents.every(({ connected }) => !connected) === true,
  );
  const now = replicas[0]?.seenUnixMs ?? 0;
  t.match(
    replicas.filter(({ seenUnixMs }) => now - seenUnixMs > 2_500),
    [{ agentsConnected: 0 }],
    'one is told of as it was last heard of',
  );
  t.strictSame(
    clusters[0]?.agents.filter(({ connected }) => connected),
    [],
  );
  await statusWhen(other, (status) => status.replicas.length === 2);
});

t.test('an aggregator that has ended is in the status of the others no more', async (t) => {
  const server = await PostgresServer.start((remove) => t.teardown(remove));
  const [asked] = (await startReplicas(t, server, 1)) as [Connection];
  const bodies = "SELECT decode('00', 'hex')";
  const schema = server.query("SELECT schemaname FROM pg_tables WHERE tablename = 'weir_replica'");
  const now = '(extract(epoch FROM now()) * 1000)::bigint';
  await statusWhen(asked, () => server.query(`SELECT count(*) FROM ${schema}.weir_replica`) === '1');
  server.query(`INSERT INTO ${schema}.weir_replica VALUES ('killed', ${now} - 600000, (${bodies}))`);
  server.query(`INSERT INTO ${schema}.weir_replica VALUES ('not readable', ${now}, (${bodies}))`);
  t.equal((await asked.query.getStatus({})).replicas.length, 1);
  await statusWhen(
    asked,
    () => server.query(`SELECT count(*) FROM ${schema}.weir_replica WHERE id = 'killed'`) === '0',
  );
});
