import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { call, noState, openSpool, windowOf } from '../agent/spools.ts';
import { newFolder, start, TestCluster } from './running.ts';
import { startAgent, told } from './spooled-agent.ts';

const hour = 3_600_000;
const now = Date.now();

t.test('an agent whose spool is gone and whose clock is behind loses and doubles nothing', async (t) => {
  const running = await start(t, new TestCluster());
  const folder = join(newFolder(t), 'spool');
  const first = startAgent(t, () => running, { folder, clockUnixMs: now });
  await first.send(1, 5);
  first.exporter.stop();
  rmSync(folder, { recursive: true });
  const second = startAgent(t, () => running, { folder, clockUnixMs: now - 24 * hour });
  await second.send(6, 8);
  second.exporter.stop();
  t.match(await told(running), { connections: 8, windows: 8, losses: [] });
  const third = startAgent(t, () => running, { folder, clockUnixMs: now - 48 * hour });
  await third.send(9, 9);
  t.match(await told(running), { connections: 9, windows: 9, losses: [] }, 'a start later its clock is of no matter');
  t.match(third.spool.ledger, { droppedBatches: 0 });
});

t.test('what was kept while the aggregator was away is sent behind what another spool has sent', async (t) => {
  const running = await start(t, new TestCluster());
  const folder = newFolder(t);
  const first = startAgent(t, () => running, { folder: join(folder, 'one'), clockUnixMs: now });
  await first.send(1, 4);
  first.exporter.stop();
  const second = openSpool(join(folder, 'two'), now - hour);
  for (let window = 5; window <= 7; window++) second.append(windowOf(window, [call(80)]), noState);
  t.ok((second.oldest?.epoch ?? 0) < now, 'its batches are of an epoch that has passed');
  const again = startAgent(t, () => running, { folder: join(folder, 'two'), clockUnixMs: now - hour });
  await again.send(8, 8);
  t.match(await told(running), { connections: 8, windows: 8, losses: [] });
});
