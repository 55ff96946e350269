import fc from 'fast-check';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { zeroCounters } from '../../core/flow.ts';
import { connect, type Connection } from '../../proto/services.ts';
import { podYaml } from './cluster-fixture.ts';
import { AggregatorProcess } from './process.ts';
import { batchOf, call, epoch, Pusher } from './pusher.ts';
import { everything, newFolder } from './running.ts';

const batchesPerNode = 80;
const credits = 16;
const nodes = ['n1', 'n2', 'n3'] as const;

/** Connections that each node saw in each window: what the graph must add up to. */
function seededCounts(seed: number): number[][] {
  const window = fc.array(fc.integer({ min: 1, max: 1_000_000 }), {
    minLength: batchesPerNode,
    maxLength: batchesPerNode,
  });
  return fc.sample(window, { seed, numRuns: nodes.length });
}

interface Agent {
  readonly node: string;
  readonly counts: readonly number[];
  acknowledged: number;
}

/**
 * Pushes as an agent does, from behind the last committed batch, until all is acknowledged or the aggregator dies.
 * @returns how far the welcome said that the node is committed
 */
async function push(connection: Connection, agent: Agent, onAck: () => void): Promise<number> {
  const oldest = agent.acknowledged < batchesPerNode ? { epoch, sequence: agent.acknowledged + 1 } : null;
  const pusher = new Pusher(connection, { node: agent.node, oldest });
  const welcomed = (await pusher.welcome()).committed?.sequence ?? 0;
  try {
    agent.acknowledged = Math.max(agent.acknowledged, welcomed);
    let sent = welcomed;
    while (agent.acknowledged < batchesPerNode) {
      for (; sent < batchesPerNode && sent - agent.acknowledged < credits; sent++) {
        const established = agent.counts[sent] as number;
        const counters = { ...zeroCounters(), attempts: established, established };
        pusher.send(batchOf(sent + 1, [call('frontend-1', '10.1.0.2', 8080, { counters })]));
      }
      agent.acknowledged = (await pusher.ack()).sequence;
      onAck();
    }
  } catch {
    // The aggregator was killed: what is not acknowledged is sent again next time.
  }
  pusher.close();
  return welcomed;
}

// Each start of a process takes a second on a busy machine.
t.setTimeout(120_000);

for (const seed of [1, 2]) {
  t.test(
    `kill -9 loses nothing that was acknowledged and doubles nothing (seed ${seed})`,
    { timeout: 120_000 },
    async (t) => {
      const folder = newFolder(t);
      mkdirSync(join(folder, 'cluster'));
      const pods = [
        podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
        podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart' }),
      ];
      writeFileSync(join(folder, 'cluster/pods.yaml'), pods.join('\n---\n'));
      const address = `unix:${join(folder, 'aggregator.sock')}`;
      const args = ['--listen', address, '--metrics-listen', '127.0.0.1:0', '--database', join(folder, 'weir.db')];
      args.push('--cluster', 'demo', '--cluster-files', join(folder, 'cluster'), '--credits', String(credits));
      args.push('--keep', '15s=36500d');

      const counts = seededCounts(seed);
      const agents: Agent[] = nodes.map((node, i) => ({ node, counts: counts[i] as number[], acknowledged: 0 }));
      const total = counts.flat().reduce((sum, each) => sum + each, 0);
      const established = async (connection: Connection) => {
        const { edges, coverage } = await connection.query.listEdges(everything);
        t.ok(edges.length <= 1, 'one edge');
        return { connections: edges[0]?.merged?.counters?.established ?? 0, windows: coverage?.windows };
      };

      const killAfter = fc.sample(fc.integer({ min: 1, max: 12 }), { seed, numRuns: 4 });
      let kills = 0;
      for (;;) {
        const aggregator = await AggregatorProcess.start(args);
        t.teardown(() => aggregator.end('SIGKILL'));
        const connection = connect(address);
        const before = agents.map(({ acknowledged }) => acknowledged);
        let acks = 0;
        const dies = killAfter[kills];
        const welcomed = await Promise.all(
          agents.map((agent) =>
            push(connection, agent, () => {
              if (++acks === dies) void aggregator.end('SIGKILL');
            }),
          ),
        );
        for (const [i, each] of welcomed.entries()) {
          t.ok(
            each >= (before[i] as number),
            `${nodes[i]} is committed through ${each}, acknowledged was ${before[i]}`,
          );
        }
        if (dies === undefined || acks < dies) {
          t.strictSame(
            await established(connection),
            { connections: total, windows: nodes.length * batchesPerNode },
            'all of it is there, once',
          );
          connection.close();
          t.equal(await aggregator.end('SIGTERM'), 0);
          break;
        }
        kills++;
        connection.close();
        await aggregator.end('SIGKILL');
      }
      t.ok(kills >= 2, `killed ${kills} times`);
    },
  );
}

t.test('after a kill the graph is that of the committed batches', async (t) => {
  const folder = newFolder(t);
  mkdirSync(join(folder, 'cluster'));
  const address = `unix:${join(folder, 'aggregator.sock')}`;
  const args = ['--listen', address, '--metrics-listen', '127.0.0.1:0', '--database', join(folder, 'weir.db')];
  args.push(
    '--cluster',
    'demo',
    '--cluster-files',
    join(folder, 'cluster'),
    '--identity-wait',
    '0ms',
    '--keep',
    '15s=36500d',
  );
  const first = await AggregatorProcess.start(args);
  t.teardown(() => first.end('SIGKILL'));
  const connection = connect(address);
  const agent = new Pusher(connection);
  await agent.welcome();
  for (let sequence = 1; sequence <= 10; sequence++) {
    agent.send(batchOf(sequence, [call(`pod-${sequence % 3}`, '203.0.113.7', 443)]));
  }
  await agent.ackThrough(10);
  const before = await connection.query.listEdges(everything);
  await first.end('SIGKILL');
  agent.close();
  connection.close();
  const second = await AggregatorProcess.start(args);
  t.teardown(() => second.end('SIGKILL'));
  const again = connect(address);
  t.strictSame(await again.query.listEdges(everything), before);
  again.close();
  t.equal(await second.end('SIGTERM'), 0);
});
