import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import type { Test } from 'tap';
import { type Aggregator, type AggregatorOptions, startAggregator } from '../../aggregator/aggregator.ts';
import type { Secured } from '../../aggregator/access/secured.ts';
import { ClusterObjects } from '../../aggregator/kube/objects.ts';
import type { ChangeCallback, ClusterSource } from '../../aggregator/kube/source.ts';
import { SqliteStore } from '../../aggregator/store/sqlite.ts';
import type { Store } from '../../aggregator/store/store.ts';
import { parseCidr } from '../../core/address.ts';
import type { ClusterSnapshot } from '../../core/kubernetes.ts';
import { type Clock, systemClock } from '../../core/time.ts';
import { connect, type Connection } from '../../proto/services.ts';
import { objectsOf } from './cluster-fixture.ts';

/** A cluster whose state the test sets. */
export class TestCluster implements ClusterSource {
  readonly description = 'a test';
  readonly known = Promise.resolve();
  readonly #objects = new ClusterObjects();
  readonly #callbacks = new Set<ChangeCallback>();

  constructor(...texts: readonly string[]) {
    this.#objects.replaceAll(objectsOf(...texts));
  }

  set(...texts: readonly string[]): void {
    const changes = this.#objects.replaceAll(objectsOf(...texts));
    for (const callback of this.#callbacks) callback(changes);
  }

  snapshot(): ClusterSnapshot {
    return this.#objects.snapshot();
  }

  problems(): readonly [] {
    return [];
  }

  onChange(callback: ChangeCallback): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  close(): void {
    this.#callbacks.clear();
  }
}

export interface Running {
  readonly aggregator: Aggregator;
  readonly connection: Connection;
  /** The values of one metric by their labels as Prometheus prints them. */
  readonly metric: (name: string) => Promise<Readonly<Record<string, number>>>;
}

export function newFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-aggregator-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface StartOptions extends Partial<AggregatorOptions> {
  readonly database?: string;
  readonly store?: Store;
  readonly clock?: Clock;
  readonly secured?: Secured | null;
  readonly log?: Logger;
  /** Further clusters by name, besides `demo`. */
  readonly others?: Readonly<Record<string, ClusterSource>>;
}

/** Starts an aggregator with a real store and real gRPC; it is stopped when the test ends. */
export async function start(t: Test, source: ClusterSource, options: StartOptions = {}): Promise<Running> {
  const {
    database = join(newFolder(t), 'weir.db'),
    store,
    clock = systemClock,
    secured = null,
    log = pino({ level: 'silent' }),
    others = {},
    ...rest
  } = options;
  const blocks = (text: string) => [parseCidr(text)].filter((block) => block !== null);
  const started = await startAggregator(
    {
      listen: ['127.0.0.1:0'],
      metricsListen: '127.0.0.1:0',
      httpListen: '127.0.0.1:0',
      httpBasePath: '',
      ui: join(import.meta.dirname, 'no-web-app'),
      tiers: [{ widthMs: 15_000, keepMs: 100 * 365 * 86_400_000 }],
      keepSightingsMs: 100 * 365 * 86_400_000,
      tailMs: 120_000,
      upkeepEveryMs: 60_000,
      pollEveryMs: 100,
      processId: randomUUID(),
      tellEveryMs: 200,
      rememberMs: 3_600_000,
      identityWaitMs: 20,
      clusterWaitMs: 60_000,
      maxEdges: 1_000,
      maxSeries: 100,
      maxAliases: 3,
      maxAnswerEdges: 1_000,
      maxBaselines: 2,
      credits: 4,
      maxBatchesUnderWay: 1_000,
      maxStreams: 10_000,
      maxDictionaryBytes: 1e9,
      ...rest,
    },
    {
      store: store ?? new SqliteStore({ path: database, synchronous: 'FULL', maxCached: 1_000 }),
      clusters: Object.entries({ demo: source, ...others }).map(([name, each]) => ({
        name,
        source: each,
        podCidrs: blocks('10.1.0.0/16'),
        serviceCidrs: blocks('10.96.0.0/16'),
      })),
      clock,
      log,
      secured,
    },
  );
  let stopping: Promise<void> | null = null;
  const aggregator = { ...started, stop: () => (stopping ??= started.stop()) };
  const connection = connect(aggregator.addresses[0] as string);
  t.teardown(async () => {
    connection.close();
    await aggregator.stop();
  });
  const metric = async (name: string) => {
    const text = await (await fetch(`http://${aggregator.metricsAddress}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return Object.fromEntries(
      lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
    );
  };
  return { aggregator, connection, metric };
}

export const everything = { cluster: '', scope: null, range: null } as const;
