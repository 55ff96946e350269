import { pino } from 'pino';
import type { Test } from 'tap';
import { PostgresStore } from '../../aggregator/store/postgres.ts';
import type { PostgresServer } from '../../lab/programs/postgres-server.ts';
import type { Connection } from '../../proto/services.ts';
import { podYaml } from './cluster-fixture.ts';
import { start, TestCluster } from './running.ts';

/** Starts aggregators that share a new database, each with a store of its own, and connects to them. */
export async function startReplicas(t: Test, server: PostgresServer, count: number): Promise<Connection[]> {
  const url = server.newDatabase();
  const one = async () => {
    const cluster = new TestCluster(podYaml({ name: 'cart-1', ip: '10.1.0.1', deployment: 'cart' }));
    const store = await PostgresStore.open({
      url,
      passwordFile: null,
      maxCached: 1_000,
      log: pino({ level: 'silent' }),
    });
    return (await start(t, cluster, { store })).connection;
  };
  return await Promise.all(Array.from({ length: count }, one));
}
