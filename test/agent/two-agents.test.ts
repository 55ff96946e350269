import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { Exporter } from '../../agent/export/exporter.ts';
import type { Spool } from '../../agent/spool/spool.ts';
import { connect } from '../../proto/services.ts';
import { podYaml } from '../aggregator/cluster-fixture.ts';
import { everything, type Running, start, TestCluster } from '../aggregator/running.ts';
import { seededRandom } from '../../bench/node-flows.ts';
import { anyStatus, call, noState, openSpool, windowOf } from './spools.ts';
import { eagerExporter } from './exporter-options.ts';

/** An agent that says it watches n1, as far as its spool and exporter go. */
class SpoolingAgent {
  readonly #folder: string;
  readonly #address: string;
  readonly #random: () => number;
  readonly #spools: Spool[] = [];
  #exporter: Exporter | null = null;

  constructor(t: Test, address: string, random: () => number) {
    this.#random = random;
    this.#folder = mkdtempSync(join(tmpdir(), 'weir-two-'));
    this.#address = address;
    t.teardown(() => {
      this.kill();
      rmSync(this.#folder, { recursive: true });
    });
  }

  /** @param epoch what its clock says */
  start(epoch: number): void {
    this.#spools.push(openSpool(this.#folder, epoch, 1 << 20, this.#random));
    const options = { ...eagerExporter, firstRetryMs: 5, longestRetryMs: 20 };
    this.#exporter = new Exporter(
      () => connect(this.#address),
      this.spool,
      options,
      () => anyStatus,
      pino({ level: 'silent' }),
    );
    this.#exporter.start();
  }

  /** Ends it as a kill does: nothing is said or written any more. */
  kill(): void {
    this.#exporter?.stop();
  }

  get spool(): Spool {
    return this.#spools.at(-1) as Spool;
  }

  get droppedRecords(): number {
    return this.#spools.reduce((sum, { ledger }) => sum + ledger.droppedRecords, 0);
  }

  /** Each window has a port of its own, which tells how often it was counted. */
  sees(port: number): void {
    this.spool.append(windowOf(port, [call(port)]), noState);
    this.#exporter?.pump();
  }
}

async function countsByPort({ connection }: Running): Promise<ReadonlyMap<number, number>> {
  const { edges } = await connection.query.listEdges(everything);
  return new Map(edges.map(({ port, merged }) => [port, merged?.counters?.established ?? 0]));
}

const waitMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await waitMs(5);
}

const cluster = () => new TestCluster(podYaml({ name: 'cart-1', ip: '10.1.0.1', deployment: 'cart' }));

t.test('a wiped folder and a clock set back: what the agent sees afterwards is counted', async (t) => {
  const running = await start(t, cluster(), { credits: 16 });
  const address = running.aggregator.addresses[0] as string;
  const before = new SpoolingAgent(t, address, () => 0);
  before.start(1_000);
  for (const port of [1, 2, 3]) before.sees(port);
  await until(() => before.spool.pending.length === 0);
  before.kill();
  const after = new SpoolingAgent(t, address, () => 0);
  after.start(500);
  for (const port of [4, 5]) after.sees(port);
  await until(() => after.spool.pending.length === 0);
  t.strictSame(
    [...(await countsByPort(running))].toSorted(([a], [b]) => a - b),
    [1, 2, 3, 4, 5].map((port) => [port, 1]),
  );
  t.equal(after.droppedRecords, 0);
});

for (const seed of [1, 2, 3]) {
  t.test(
    `two agents that both claim a node double nothing, and lose nothing that they do not count (seed ${seed})`,
    async (t) => {
      const running = await start(t, cluster(), { credits: 16, maxEdges: 10_000 });
      const address = running.aggregator.addresses[0] as string;
      const random = seededRandom(seed);
      const agents = [new SpoolingAgent(t, address, random), new SpoolingAgent(t, address, random)] as const;
      agents[0].start(1_000);
      agents[1].start(seed === 2 ? 1_000 : 2_000);
      let port = 0;
      for (let round = 0; round < 120; round++) {
        const agent = agents[random() < 0.5 ? 0 : 1];
        agent.sees(++port);
        if (random() < 0.05) {
          agent.kill();
          // A clock that is set back now and then.
          agent.start(Math.floor(random() * 5_000));
        }
        if (random() < 0.3) await waitMs(20 * random());
      }
      // They take the node from each other for as long as both run.
      agents[0].kill();
      await until(() => agents[1].spool.pending.length === 0);
      agents[1].kill();
      agents[0].start(9_000);
      await until(() => agents[0].spool.pending.length === 0);
      const counts = await countsByPort(running);
      t.strictSame(
        [...counts].filter(([, count]) => count !== 1),
        [],
        'nothing is counted twice',
      );
      const dropped = agents[0].droppedRecords + agents[1].droppedRecords;
      t.ok(counts.size + dropped >= port, `${port} windows: ${counts.size} are there, ${dropped} were given up`);
      t.ok(counts.size > port / 5, `${counts.size} of ${port}`);
      const { coverage } = await running.connection.query.listEdges(everything);
      t.match(coverage?.losses.find(({ stage }) => stage === 'spool')?.events, Number, 'and the coverage tells of it');
    },
  );
}
