import fc from 'fast-check';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PostgresServer } from '../../lab/programs/postgres-server.ts';
import { decodeEdge } from '../../proto/convert-edge.ts';
import { connect } from '../../proto/services.ts';
import { ChaosAgent } from './chaos/agents.ts';
import { type NodeTraffic, sumsOf } from './chaos/ledger.ts';
import { Proxy } from './chaos/proxy.ts';
import { AggregatorProcess } from './process.ts';
import { everything, newFolder } from './running.ts';

const nodes = [0, 1, 2];
const windows = 150;
const startUnixMs = Date.now() - 3_600_000;
const traffics: readonly NodeTraffic[] = nodes.map((node) => ({ node, windows, startUnixMs }));

/** What can be broken, and is whole again some moments later. */
type Blow = () => Promise<void> | void;

/** Strikes one blow after the other, each when so many more batches were acknowledged. */
class Blows {
  readonly #due: { readonly at: number; readonly blow: Blow }[];
  #acknowledged = 0;
  #striking: Promise<void> = Promise.resolve();

  /** @param order places in `blows`; there may be any number of each. @param apart acknowledged batches between two */
  constructor(blows: readonly Blow[], order: readonly number[], apart: number) {
    this.#due = order.map((place, i) => ({ at: (i + 1) * apart, blow: blows[place % blows.length] as Blow }));
  }

  acknowledged(batches: number): void {
    this.#acknowledged += batches;
    while ((this.#due[0]?.at ?? Infinity) <= this.#acknowledged) {
      const { blow } = this.#due.shift() as { readonly blow: Blow };
      this.#striking = this.#striking.then(blow);
    }
  }

  /** Resolves when what has begun is over. */
  async settled(): Promise<number> {
    await this.#striking;
    return this.#due.length;
  }
}

async function survive(t: Test, seed: number, database: string, server: PostgresServer | null): Promise<void> {
  const folder = newFolder(t);
  mkdirSync(join(folder, 'cluster'));
  const socket = join(folder, 'aggregator.sock');
  const proxy = await Proxy.listen(join(folder, 'proxy.sock'), socket);
  t.teardown(() => proxy.close());
  const args = ['--listen', `unix:${socket}`, '--metrics-listen', '127.0.0.1:0', '--database', database];
  args.push('--cluster', 'demo', '--cluster-files', join(folder, 'cluster'), '--identity-wait', '0ms');
  let aggregator = await AggregatorProcess.start(args);
  t.teardown(() => aggregator.end('SIGKILL'));
  const agents: ChaosAgent[] = [];
  const killAgent = (node: number) => () => agents[node]?.killAndStart();
  const killAggregator = async () => {
    await aggregator.end('SIGKILL');
    aggregator = await AggregatorProcess.start(args);
  };
  const killServer = async () => {
    await server?.kill();
    await server?.run();
  };
  const cut = () => proxy.cut();
  const all = [...nodes.map(killAgent), cut, killAggregator, ...(server === null ? [] : [killServer])];
  const rest = fc.sample(fc.nat(all.length - 1), { seed, numRuns: 5 });
  // Each at least once, in an order of the seed's.
  const [order = []] = fc.sample(
    fc.shuffledSubarray([...all.keys(), ...rest.map((place) => place + all.length)], {
      minLength: all.length + rest.length,
    }),
    { seed, numRuns: 1 },
  );
  const apart = Math.floor((nodes.length * windows) / (order.length + 2));
  const blows = new Blows(all, order, apart);
  for (const [node, traffic] of traffics.entries()) {
    const spool = join(folder, `spool-${node}`);
    const agent = new ChaosAgent(spool, `unix:${join(folder, 'proxy.sock')}`, traffic, (batches) =>
      blows.acknowledged(batches),
    );
    t.teardown(() => agent.kill());
    agents.push(agent);
  }
  while (agents.some(({ isDone }) => !isDone)) {
    await Promise.all(agents.map((agent) => agent.done().catch(() => undefined)));
    await blows.settled();
  }
  const left = await blows.settled();
  t.ok(left < order.length / 2, `${order.length - left} of ${order.length} blows were struck`);

  const connection = connect(`unix:${socket}`);
  t.teardown(() => connection.close());
  const { edges, coverage } = await connection.query.listEdges(everything);
  const found = edges.map(decodeEdge).map(({ client, server: far, merged }) => {
    const [pod, address] = [client.type === 'workload' && client.name, far.type === 'external' && far.address];
    return [`${pod} ${address}`, merged.counters.established];
  });
  const expected = new Map(traffics.flatMap((traffic) => [...sumsOf(traffic)]));
  t.strictSame(Object.fromEntries(found), Object.fromEntries(expected), 'every connection counts once');
  t.match(coverage, { windows: nodes.length * windows, incompleteWindows: 0 });
}

t.setTimeout(120_000);

t.test('whatever is killed and cut, SQLite has each window once', { timeout: 60_000 }, async (t) => {
  await survive(t, 3, join(newFolder(t), 'weir.db'), null);
});

t.test('whatever is killed and cut, PostgreSQL has each window once', { timeout: 60_000 }, async (t) => {
  const server = await PostgresServer.start((remove) => t.teardown(remove));
  await survive(t, 4, server.newDatabase(), server);
});
