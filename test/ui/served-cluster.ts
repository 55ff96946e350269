import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch, FlowRecord } from '../../core/flow.ts';
import { connect } from '../../proto/services.ts';
import { AggregatorProcess } from '../aggregator/process.ts';
import { Pusher } from '../aggregator/pusher.ts';
import { Draw } from './draw.ts';
import { makeCluster, type MadeCluster, type MadeSize, manifestOf, recordsOf } from './made-cluster.ts';

export const smallSize: MadeSize = {
  namespaces: ['shop', 'payments', 'data', 'monitoring'],
  workloads: 36,
  edges: 130,
  nodes: 3,
  seed: 7,
};

export const largeSize: MadeSize = {
  namespaces: Array.from({ length: 40 }, (_, i) => `team-${String(i + 1).padStart(2, '0')}`),
  workloads: 2_000,
  edges: 20_000,
  nodes: 20,
  seed: 11,
};

const windowMs = 15_000;

/** An aggregator in its own process that knows a made-up cluster and was told its traffic by real agents' streams. */
export class ServedCluster {
  readonly cluster: MadeCluster;
  readonly #folder: string;
  readonly #args: readonly string[];
  #process: AggregatorProcess;
  #sequence = 0;
  readonly #epoch = Date.now();

  private constructor(cluster: MadeCluster, folder: string, args: readonly string[], process: AggregatorProcess) {
    this.cluster = cluster;
    this.#folder = folder;
    this.#args = args;
    this.#process = process;
  }

  /** @param args of the aggregator, besides what is needed */
  static async start(size: MadeSize, args: readonly string[] = []): Promise<ServedCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'weir-ui-'));
    const cluster = makeCluster(size);
    mkdirSync(join(folder, 'cluster'));
    writeFileSync(join(folder, 'cluster/objects.json'), manifestOf(cluster));
    const all = ['--listen', '127.0.0.1:0', '--metrics-listen', '127.0.0.1:0', '--database', join(folder, 'weir.db')];
    all.push(
      '--cluster',
      'demo',
      '--cluster-files',
      join(folder, 'cluster'),
      '--synchronous',
      'NORMAL',
      '--pod-cidr',
      '10.1.0.0/16',
      ...args,
    );
    return new ServedCluster(cluster, folder, all, await AggregatorProcess.start(all));
  }

  /** With a slash at the end. */
  get url(): string {
    return `http://${this.#process.listening.httpAddress}/`;
  }

  /** Reports so many windows until now: in the last one all edges, in the others some. Resolves when all is committed. */
  async report(windows: number): Promise<void> {
    const now = Date.now();
    await this.#push(
      Array.from({ length: windows }, (_, i) => now - (windows - i) * windowMs),
      (window) => (window === windows - 1 ? 1 : 0.4),
    );
  }

  /** @param shareOf how many of the edges are seen in a window */
  async #push(starts: readonly number[], shareOf: (window: number) => number): Promise<void> {
    const address = this.#process.listening.addresses[0];
    if (address === undefined) throw new Error('the aggregator listens nowhere');
    const connection = connect(address);
    const draw = new Draw(this.#sequence + 1);
    const first = this.#sequence + 1;
    const batches = starts.map((startUnixMs, i) => this.#window(startUnixMs, draw, shareOf(i)));
    this.#sequence += batches.length;
    await Promise.all(
      this.cluster.nodes.map(async (node) => {
        const pusher = new Pusher(connection, {
          node,
          oldest: { epoch: this.#epoch, sequence: first },
          status: statusOf(node),
        });
        await pusher.welcome();
        for (const [i, byNode] of batches.entries()) {
          const startUnixMs = starts[i] ?? 0;
          const window = { startUnixMs, endUnixMs: startUnixMs + windowMs };
          const batch: Batch = {
            epoch: this.#epoch,
            sequence: first + i,
            window,
            losses: {},
            records: byNode.get(node) ?? [],
          };
          pusher.send(batch);
          await pusher.ackThrough(first + i, this.#epoch);
        }
        pusher.close();
      }),
    );
    connection.close();
  }

  #window(startUnixMs: number, draw: Draw, share: number): ReadonlyMap<string, FlowRecord[]> {
    const byNode = new Map<string, FlowRecord[]>();
    for (const edge of this.cluster.edges) {
      if (share < 1 && draw.share() > share) continue;
      for (const { node, record } of recordsOf(edge, startUnixMs + 1_000 + draw.below(12_000), draw)) {
        const records = byNode.get(node) ?? [];
        byNode.set(node, records);
        records.push(record);
      }
    }
    return byNode;
  }

  /** Ends the aggregator and starts it again, at the same address and with what it had committed. */
  async restart(): Promise<void> {
    const { httpAddress } = this.#process.listening;
    await this.#process.end('SIGKILL');
    this.#process = await AggregatorProcess.start([...this.#args, '--http-listen', httpAddress]);
  }

  async stop(): Promise<void> {
    await this.#process.end('SIGTERM');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function statusOf(node: string) {
  return {
    version: '0.1.0',
    kernel: '6.1.0-31-amd64',
    interfacesAttached: 12,
    podsResolved: 12,
    unresolvedInterfaces: [],
    batchesPending: 0,
    windowMs: 15_000,
    spoolBytes: 0,
    spoolMaxBytes: 0,
    certificate: null,
    features: [
      { name: 'tcp-sockets', active: true, reason: '' },
      { name: 'drops', active: node !== 'node-3', reason: node === 'node-3' ? 'the kernel is older than 5.17' : '' },
    ],
    cnis: [{ name: 'calico', forced: false, evidence: ['cali* interfaces'] }],
    resolvedByMeans: { 'cni-cache': 12 },
    unresolvedByReason: {},
    identitySources: [],
  };
}
