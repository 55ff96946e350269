import { once } from 'node:events';
import t from 'tap';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresServer } from '../../lab/programs/postgres-server.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { startReplicas } from './replicas.ts';

const batchesPerNode = 60;
const windowsPerVisit = 5;

// A server takes seconds to start on a busy machine.
t.setTimeout(90_000);

/** Pushes a node's batches one after the other. */
async function push(connection: Connection, node: string): Promise<void> {
  const agent = new Pusher(connection, { node });
  await agent.welcome();
  for (let sequence = 1; sequence <= batchesPerNode; sequence++) {
    agent.send(batchOf(sequence, [call('cart-1', '203.0.113.7', 443)]));
    await agent.ackThrough(sequence);
    await sleep(5);
  }
  agent.close();
}

/** What comes behind a token, so many windows at most. */
async function visit(connection: Connection, resumeToken: string, most: number): Promise<wire.FollowResponse[]> {
  const stream = connection.query.follow({ cluster: '', scope: null, resumeToken });
  const got: wire.FollowResponse[] = [];
  for await (const window of stream as AsyncIterable<wire.FollowResponse>) {
    if (got.push(window) === most) break;
  }
  return got;
}

t.test('who follows and goes from one aggregator to another gets each window once', async (t) => {
  const server = await PostgresServer.start((remove) => t.teardown(remove));
  const replicas = await startReplicas(t, server, 3);
  const [first] = replicas as [Connection];
  const begun = first.query.follow({ cluster: '', scope: null });
  await once(begun, 'metadata');
  const nodes = ['n1', 'n2', 'n3'];
  const pushing = nodes.map((node, i) => push(replicas[i] as Connection, node));
  const [window] = (await once(begun, 'data')) as [wire.FollowResponse];
  begun.on('error', () => undefined).cancel();
  const got = [window];
  const total = nodes.length * batchesPerNode;
  for (let turn = 1; got.length < total; turn++) {
    const most = Math.min(windowsPerVisit, total - got.length);
    got.push(...(await visit(replicas[turn % 3] as Connection, got.at(-1)?.resumeToken ?? '', most)));
  }
  await Promise.all(pushing);
  t.equal(new Set(got.map(({ node, windowStartUnixMs }) => `${node} ${windowStartUnixMs}`)).size, total);
  t.ok(
    got.every(({ resumeLost, skippedWindows }) => !resumeLost && skippedWindows === 0),
    'nothing is said to be missing',
  );
  const ids = got.map(({ resumeToken }) => Number(resumeToken));
  t.strictSame(
    ids,
    ids.map((_, i) => (ids[0] as number) + i),
    'in the order of their ids',
  );
  const [lost] = await visit(replicas[1] as Connection, String(10 * total), 1);
  t.match(lost, { resumeLost: true }, 'a token that nobody gave');
});
