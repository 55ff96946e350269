import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { zeroCounters } from '../../core/flow.ts';
import { connect } from '../../proto/services.ts';
import { podYaml } from './cluster-fixture.ts';
import { AggregatorProcess } from './process.ts';
import { batchOf, call, epoch, Pusher } from './pusher.ts';
import { everything, newFolder } from './running.ts';
import { PostgresServer } from '../../lab/programs/postgres-server.ts';

const batchesPerNode = 60;
const nodes = ['n1', 'n2', 'n3', 'n4'] as const;
const withinMs = 20_000;

// Servers and processes take seconds to start on a busy machine.
t.setTimeout(180_000);

/** An aggregator that may be killed, and its address. */
class Replica {
  readonly address: string;
  readonly #args: readonly string[];
  #process: AggregatorProcess | null = null;

  constructor(folder: string, name: string, database: string) {
    this.address = `unix:${join(folder, `${name}.sock`)}`;
    const listen = ['--listen', this.address, '--metrics-listen', '127.0.0.1:0', '--http-listen', '127.0.0.1:0'];
    const cluster = ['--cluster', 'demo', '--cluster-files', join(folder, 'cluster'), '--database', database];
    // Short, so that what is pushed is rolled up while it is pushed.
    this.#args = [...listen, ...cluster, '--keep', '15s=36500d', '--tail', '2500ms'];
  }

  async start(t: Test): Promise<void> {
    const started = await AggregatorProcess.start(this.#args);
    this.#process = started;
    t.teardown(() => started.end('SIGKILL'));
  }

  async kill(): Promise<void> {
    await this.#process?.end('SIGKILL');
  }

  /** How many connections, in how many windows, as it tells. */
  async counted() {
    const connection = connect(this.address);
    try {
      const { edges, coverage } = await connection.query.listEdges(everything);
      const connections = edges.reduce((sum, { merged }) => sum + (merged?.counters?.established ?? 0), 0);
      return { edges: edges.length, connections, windows: coverage?.windows ?? 0 };
    } finally {
      connection.close();
    }
  }

  /** The same as soon as it is what is expected, or what it is after a time. */
  async countedWithin(expected: object) {
    for (const end = performance.now() + withinMs; ; await sleep(100)) {
      const counted = await this.counted();
      if (JSON.stringify(counted) === JSON.stringify(expected) || performance.now() > end) return counted;
    }
  }
}

/** An agent that holds what is not acknowledged and goes to the next aggregator whenever its stream ends. */
class Agent {
  readonly #node: string;
  readonly #counts: readonly number[];
  acknowledged = 0;
  welcomes = 0;

  constructor(node: string, counts: readonly number[]) {
    this.#node = node;
    this.#counts = counts;
  }

  /** Pushes until all is acknowledged. @param next the address to go to. @param onAck told of each acknowledgement */
  async push(next: () => string, onAck: () => void): Promise<void> {
    while (this.acknowledged < batchesPerNode) {
      const connection = connect(next());
      const pusher = new Pusher(connection, { node: this.#node, oldest: { epoch, sequence: this.acknowledged + 1 } });
      try {
        await this.#pushTo(pusher, onAck);
      } catch {
        // What is not acknowledged is sent again, wherever.
        await sleep(50);
      }
      pusher.close();
      connection.close();
    }
  }

  /** A few batches, then another aggregator's turn. */
  async #pushTo(pusher: Pusher, onAck: () => void): Promise<void> {
    const welcomed = (await pusher.welcome()).committed?.sequence ?? 0;
    if (welcomed < this.acknowledged) throw new RangeError(`${this.#node} is told ${welcomed}`);
    this.welcomes++;
    this.acknowledged = welcomed;
    const last = Math.min(welcomed + 15, batchesPerNode);
    for (let sequence = welcomed + 1; sequence <= last; sequence++) {
      const established = this.#counts[sequence - 1] as number;
      pusher.send(
        batchOf(sequence, [call('frontend-1', '10.1.0.2', 8080, { counters: { ...zeroCounters(), established } })]),
      );
      this.acknowledged = (await pusher.ack()).sequence;
      onAck();
      await sleep(20);
    }
  }
}

function clusterFolder(t: Test): string {
  const folder = newFolder(t);
  mkdirSync(join(folder, 'cluster'));
  const pods = [
    podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
    podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart' }),
  ];
  writeFileSync(join(folder, 'cluster/pods.yaml'), pods.join('\n---\n'));
  return folder;
}

const countsOf = (n: number) => Array.from({ length: batchesPerNode }, (_, i) => (n + 1) * 1_000 + i);
const total = nodes.flatMap((_, n) => countsOf(n)).reduce((sum, each) => sum + each, 0);
const whole = { edges: 1, connections: total, windows: nodes.length * batchesPerNode };

t.test('aggregators that share a database', async (t) => {
  const server = await PostgresServer.start((remove) => t.teardown(remove));

  t.test('each answer with the whole graph, whoever is killed and wherever agents go', async (t) => {
    const folder = clusterFolder(t);
    const database = server.newDatabase();
    const replicas = ['a', 'b', 'c'].map((name) => new Replica(folder, name, database));
    await Promise.all(replicas.map((replica) => replica.start(t)));
    const agents = nodes.map((node, n) => new Agent(node, countsOf(n)));
    let [turn, acks] = [0, 0];
    const killing: Promise<void>[] = [];
    const onAck = () => {
      // One is killed for good, another comes back while agents go on.
      if (++acks === 40) killing.push((replicas[0] as Replica).kill());
      if (acks === 100) killing.push((replicas[1] as Replica).kill().then(() => (replicas[1] as Replica).start(t)));
    };
    const next = () => (replicas[turn++ % replicas.length] as Replica).address;
    await Promise.all(agents.map((agent) => agent.push(next, onAck)));
    await Promise.all(killing);
    for (const replica of replicas.slice(1)) t.strictSame(await replica.countedWithin(whole), whole);
    t.ok(
      agents.every(({ welcomes }) => welcomes > 3),
      'agents went from one to another',
    );
    await replicas[0]?.start(t);
    t.strictSame(await (replicas[0] as Replica).counted(), whole, 'one that begins later has it all at once');
  });

  t.test('lose nothing when the primary dies and its synchronous standby takes over', async (t) => {
    const folder = clusterFolder(t);
    const standby = await server.synchronousStandby((remove) => t.teardown(remove));
    const database = `postgres://postgres@${server.host},${standby.host}/postgres?target_session_attrs=read-write`;
    const replicas = ['a', 'b'].map((name) => new Replica(folder, name, database));
    await Promise.all(replicas.map((replica) => replica.start(t)));
    const agents = nodes.map((node, n) => new Agent(node, countsOf(n)));
    let [turn, acks] = [0, 0];
    const failing: Promise<void>[] = [];
    const onAck = () => {
      if (++acks === 60) failing.push(server.kill().then(() => standby.promote()));
    };
    const next = () => (replicas[turn++ % replicas.length] as Replica).address;
    await Promise.all(agents.map((agent) => agent.push(next, onAck)));
    await Promise.all(failing);
    for (const replica of replicas) t.strictSame(await replica.countedWithin(whole), whole);
  });
});
