import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { Exporter } from '../../agent/export/exporter.ts';
import { connect } from '../../proto/services.ts';
import { anyStatus, call, noState, openSpool, windowOf } from '../agent/spools.ts';
import { everything, newFolder, type Running, start, TestCluster } from './running.ts';

const hour = 3_600_000;
const now = Date.now();

/** An agent's spool and exporter as they are after a start. @param clockUnixMs what it takes for the time */
function startAgent(t: Test, { aggregator }: Running, folder: string, clockUnixMs: number) {
  const spool = openSpool(folder, clockUnixMs);
  const options = { cluster: 'demo', node: 'n1', version: '0', firstRetryMs: 10, longestRetryMs: 50 };
  const connection = () => connect(aggregator.addresses[0] as string);
  const exporter = new Exporter(connection, spool, options, () => anyStatus, pino({ level: 'silent' }));
  t.teardown(() => exporter.stop());
  exporter.start();
  const send = async (from: number, to: number) => {
    for (let window = from; window <= to; window++) spool.append(windowOf(window, [call(80)]), noState);
    exporter.pump();
    while (spool.pending.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { spool, exporter, send };
}

async function told({ connection }: Running) {
  const { edges, coverage } = await connection.query.listEdges(everything);
  const connections = edges.reduce((sum, { merged }) => sum + (merged?.counters?.established ?? 0), 0);
  return { connections, windows: coverage?.windows, losses: coverage?.losses };
}

t.test('an agent whose spool is gone and whose clock is behind loses and doubles nothing', async (t) => {
  const running = await start(t, new TestCluster());
  const folder = join(newFolder(t), 'spool');
  const first = startAgent(t, running, folder, now);
  await first.send(1, 5);
  first.exporter.stop();
  rmSync(folder, { recursive: true });
  const second = startAgent(t, running, folder, now - 24 * hour);
  await second.send(6, 8);
  second.exporter.stop();
  t.match(await told(running), { connections: 8, windows: 8, losses: [] });
  const third = startAgent(t, running, folder, now - 48 * hour);
  await third.send(9, 9);
  t.match(await told(running), { connections: 9, windows: 9, losses: [] }, 'a start later its clock is of no matter');
  t.match(third.spool.ledger, { droppedBatches: 0 });
});

t.test('what was kept while the aggregator was away is sent behind what another spool has sent', async (t) => {
  const running = await start(t, new TestCluster());
  const folder = newFolder(t);
  const first = startAgent(t, running, join(folder, 'one'), now);
  await first.send(1, 4);
  first.exporter.stop();
  const second = openSpool(join(folder, 'two'), now - hour);
  for (let window = 5; window <= 7; window++) second.append(windowOf(window, [call(80)]), noState);
  t.ok((second.oldest?.epoch ?? 0) < now, 'its batches are of an epoch that has passed');
  const again = startAgent(t, running, join(folder, 'two'), now - hour);
  await again.send(8, 8);
  t.match(await told(running), { connections: 8, windows: 8, losses: [] });
});
