import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { Exporter } from '../../agent/export/exporter.ts';
import type { Spool } from '../../agent/spool/spool.ts';
import { connect } from '../../proto/services.ts';
import { podYaml } from '../aggregator/cluster-fixture.ts';
import { everything, newFolder, start, TestCluster } from '../aggregator/running.ts';
import { seededRandom } from '../../bench/node-flows.ts';
import { anyStatus, call, noState, openSpool, windowOf } from './spools.ts';
import { eagerExporter } from './exporter-options.ts';

const ports = Array.from({ length: 20 }, (_, i) => 8_000 + i);

for (const seed of [1, 2]) {
  t.test(
    `outages and kills on both sides, with a spool that is too small: all is counted once (seed ${seed})`,
    async (t) => {
      const random = seededRandom(seed);
      const folder = mkdtempSync(join(tmpdir(), 'weir-outage-'));
      t.teardown(() => rmSync(folder, { recursive: true }));
      const address = `unix:${join(folder, 'aggregator.sock')}`;
      const database = join(newFolder(t), 'weir.db');
      const cluster = new TestCluster(podYaml({ name: 'cart-1', ip: '10.1.0.1', deployment: 'cart' }));
      const ledger = { merged: 0, dropped: 0, starts: 0 };
      let end = () => undefined as void;
      let spool: Spool = openSpool(join(folder, 'spool'), 1);
      let exporter: Exporter | null = null;
      const startAgent = () => {
        end();
        ledger.merged += spool.ledger.mergedBatches;
        ledger.dropped += spool.ledger.droppedBatches;
        spool = openSpool(join(folder, 'spool'), 1_000 * ++ledger.starts, 4_500, random);
        const options = { ...eagerExporter, firstRetryMs: 5, longestRetryMs: 20 };
        const own = new Exporter(
          () => connect(address),
          spool,
          options,
          () => anyStatus,
          pino({ level: 'silent' }),
        );
        own.start();
        exporter = own;
        end = () => own.stop();
      };
      startAgent();
      t.teardown(() => end());
      let windows = 0;
      const see = async (count: number) => {
        for (let i = 0; i < count; i++) {
          spool.append(
            windowOf(
              ++windows,
              ports.map((port) => call(port)),
            ),
            noState,
          );
          exporter?.pump();
          if (random() < 0.06) startAgent();
          if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, 20 * random()));
        }
      };
      for (let round = 0; round < 4; round++) {
        await see(25);
        const { aggregator } = await start(t, cluster, { listen: [address], database, credits: 3 });
        await see(10);
        await aggregator.stop();
      }
      const { connection } = await start(t, cluster, { listen: [address], database });
      while (spool.pending.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      startAgent();
      const { edges, coverage } = await connection.query.listEdges(everything);
      t.equal(ledger.dropped, 0);
      t.ok(ledger.merged > 10, `${ledger.merged} batches were merged, in ${ledger.starts} starts`);
      t.strictSame(
        edges.map(({ merged }) => merged?.counters?.established),
        ports.map(() => windows),
      );
      t.equal(coverage?.incompleteWindows, 0);
    },
  );
}
