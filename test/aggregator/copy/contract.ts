import { join } from 'node:path';
import type { Test } from 'tap';
import type { Store } from '../../../aggregator/store/store.ts';
import { newFolder, type Running, start, TestCluster } from '../running.ts';
import { startAgent, told } from '../spooled-agent.ts';

/** A database under test with the commands that copy it. */
export interface Copied {
  /** Opens it, also after it was restored. */
  open(): Promise<Store>;
  /** Takes a copy while the store is open. */
  backup(): Promise<void>;
  /** Puts the copy back while no store is open. */
  restore(): Promise<void>;
}

/** What copies of every kind of database must be good for. */
export function copyContract(t: Test, make: (t: Test) => Promise<Copied>): void {
  t.test('a copy that is taken while batches are committed holds all of before, and each batch once', async (t) => {
    const database = await make(t);
    const first = await start(t, new TestCluster(), { store: await database.open() });
    const agent = startAgent(t, () => first, { folder: newFolder(t), clockUnixMs: Date.now() });
    await agent.send(1, 20);
    let sent = 20;
    const copied = database.backup().then(() => true);
    const next = () => agent.send(++sent, sent).then(() => false);
    // The copy is looked at first, and only once a batch is committed: nothing is under way in the end.
    while (!(await next()) && !(await Promise.race([copied, Promise.resolve(false)]))) continue;
    await copied;
    agent.exporter.stop();
    await first.aggregator.stop();
    await database.restore();
    const second = await start(t, new TestCluster(), { store: await database.open() });
    const { connections, windows = 0, losses } = await told(second);
    t.equal(connections, windows);
    t.ok(windows >= 20 && windows <= sent, `${windows} of ${sent}`);
    t.strictSame(losses, []);
  });

  t.test(
    'behind a restored copy nothing counts twice, and what was acknowledged since is told as missing',
    async (t) => {
      const database = await make(t);
      let running: Running = await start(t, new TestCluster(), { store: await database.open() });
      const folder = newFolder(t);
      const clockUnixMs = Date.now();
      const agentOf = (node: string, clock = clockUnixMs) =>
        startAgent(t, () => running, { folder: join(folder, node), node, clockUnixMs: clock });
      const lasting = agentOf('lasting');
      const upgraded = agentOf('upgraded');
      await Promise.all([lasting.send(1, 5), upgraded.send(1, 5)]);
      await database.backup();
      const added = agentOf('added');
      await Promise.all([lasting.send(6, 9), upgraded.send(6, 8), added.send(1, 2)]);
      t.match(await told(running), { connections: 19, windows: 19, losses: [] });
      upgraded.exporter.stop();
      await running.aggregator.stop();
      await database.restore();
      running = await start(t, new TestCluster(), { store: await database.open() });
      const again = agentOf('upgraded', clockUnixMs + 60_000);
      await Promise.all([lasting.send(10, 12), again.send(9, 11), added.send(3, 4)]);
      t.match(await told(running), {
        connections: 10 + 3 + 3 + 2,
        windows: 18,
        losses: [{ stage: 'missing-batches', events: 4 + 3 + 2 }],
      });
      await Promise.all([lasting.send(13, 13), again.send(12, 12)]);
      t.match(await told(running), { windows: 20, losses: [{ events: 9 }] }, 'once');
    },
  );
}
