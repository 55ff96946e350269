import { zeroCounters } from '../../core/flow.ts';
import { nodeYaml, podYaml, serviceYaml } from '../aggregator/cluster-fixture.ts';
import { batchOf, call, Pusher, windowMs } from '../aggregator/pusher.ts';
import { start, TestCluster } from '../aggregator/running.ts';
import type { Test } from 'tap';

const objects = [
  nodeYaml('n1', '192.0.2.1', '10.1.0.0/16'),
  podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
  podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart', ports: { http: 8080 } }),
  podYaml({ name: 'report-1', ip: '10.1.0.4', deployment: 'report' }),
  podYaml({ name: 'redis-1', ip: '10.1.0.3', deployment: 'redis', namespace: 'data' }),
  serviceYaml({ name: 'cart', ip: '10.96.0.20', selector: { app: 'cart' }, ports: [{ port: 80, targetPort: 'http' }] }),
];
const hour = 3_600_000;

/** The cluster of docs/FIRST-POLICY.md, in which time passes and policies are applied as the page says. */
export class FirstPolicyCluster {
  readonly address: string;
  readonly #source: TestCluster;
  readonly #agent: Pusher;
  #sequence = 0;

  static async start(t: Test): Promise<FirstPolicyCluster> {
    const source = new TestCluster(...objects);
    const { aggregator, connection } = await start(t, source);
    const agent = new Pusher(connection);
    t.teardown(() => agent.close());
    await agent.welcome();
    const cluster = new FirstPolicyCluster(aggregator.addresses[0] as string, source, agent);
    await cluster.watch(0);
    return cluster;
  }

  private constructor(address: string, source: TestCluster, agent: Pusher) {
    this.address = address;
    this.#source = source;
    this.#agent = agent;
  }

  /** What the shop does all day is seen once more, so many hours after the start. */
  async watch(hours: number): Promise<void> {
    await this.#see(hours, [
      call('frontend-1', '10.96.0.20', 80),
      { ...call('cart-1', '10.1.0.3', 6379) },
      { ...call('cart-1', '10.1.0.1', 8080), role: 'server' },
    ]);
  }

  /** The report, which nobody thought of, is kept out by a policy. */
  async watchDenial(hours: number): Promise<void> {
    const counters = { ...zeroCounters(), attempts: 2, unanswered: 2 };
    await this.#see(hours, [call('report-1', '10.1.0.2', 8080, { counters, drops: { NETFILTER_DROP: 4 } })]);
  }

  /** @param policy as kubectl is given it */
  apply(policy: string): void {
    this.#source.set(...objects, policy);
  }

  async #see(hours: number, records: Parameters<typeof batchOf>[1]): Promise<void> {
    const sequence = ++this.#sequence;
    const { window } = batchOf(1, []);
    const startUnixMs = window.startUnixMs + hours * hour;
    const at = { startUnixMs, endUnixMs: startUnixMs + windowMs };
    const moved = records.map((record) => ({
      ...record,
      firstSeenUnixMs: startUnixMs,
      lastSeenUnixMs: startUnixMs + 1,
    }));
    this.#agent.send({ ...batchOf(sequence, []), window: at, records: moved });
    await this.#agent.ackThrough(sequence);
  }
}
