import { dequal } from 'dequal';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { PostgresServer } from '../../lab/programs/postgres-server.ts';
import { Fleet } from './fleet/fleet.ts';
import { chart } from './helm.ts';
import { startNodeCluster } from './node-cluster.ts';
import { PodTraffic, trafficPort } from './pod-traffic.ts';

const pollMs = 100;
const withinMs = 40_000;
const serviceName = 'weir-aggregator';

/** What `weir status -o json` says. */
export interface Status {
  readonly health: { readonly findings: readonly { readonly severity: string; readonly text: string }[] };
  readonly replicas: readonly { readonly name: string; readonly agentsConnected: number }[];
}

interface Edge {
  readonly client: { readonly name?: string };
  readonly server: { readonly name?: string; readonly address?: string };
  readonly port: number;
  readonly merged: { readonly counters: { readonly established: number } };
}

interface Slice {
  readonly endpoints: readonly {
    readonly conditions: { readonly ready: boolean };
    readonly targetRef: { readonly name: string };
  }[];
}

/** Pods that take new connections by way of the Service. */
function readyIn(slice: unknown): string[] {
  const ready = (slice as Slice).endpoints.filter(({ conditions }) => conditions.ready);
  return ready.map(({ targetRef }) => targetRef.name).toSorted();
}

/** Installs the chart with a PostgreSQL, in a cluster with one node. @param flags of helm install */
export async function startReplicated(t: Test, flags: string) {
  const running = await startNodeCluster(t);
  const { node, cluster, kubelet } = running;
  const database = kubelet.addPod('data', 'postgres');
  await PostgresServer.start((remove) => t.teardown(remove), { ...database, port: 5432 });
  await cluster.must('kubectl create namespace weir');
  const url = `postgres://postgres@${database.address}/postgres`;
  await cluster.must(`kubectl create secret generic weir-database --namespace weir --from-literal=url=${url}`);
  const shared = [
    '--set aggregator.database.type=postgres',
    '--set aggregator.database.postgres.secretName=weir-database',
    // The only way that its NetworkPolicy leaves to the database.
    `--set aggregator.database.postgres.cidrs={${database.address}/32}`,
  ].join(' ');
  const install = `helm install weir ${chart} --namespace weir --wait --timeout 90s --set cluster=production`;
  await cluster.must(`${install} --set agent.window=500ms ${shared} ${flags}`);
  t.strictSame(kubelet.problems, []);
  await cluster.must("kubectl get configmap weir-authority --namespace weir -o jsonpath='{.data.ca\\.crt}' > ~/ca.crt");
  const service = await cluster.must(`kubectl get service ${serviceName} -n weir -o jsonpath='{.spec.clusterIP}'`);
  const address = `${service}:7280`;
  const trust = `--tls-ca ~/ca.crt --tls-server-name ${serviceName}`;

  const ready = async () =>
    readyIn(JSON.parse(await cluster.must(`kubectl get endpointslice ${serviceName}-slice --namespace weir -o json`)));

  /** The fewest pods that took new connections while something was done. */
  const fewestDuring = async (change: () => Promise<unknown>) => {
    let fewest = (await ready()).length;
    const unfollow = cluster.api.store.onChange(({ resource, after }) => {
      if (resource.kind !== 'EndpointSlice' || after?.metadata.name !== `${serviceName}-slice`) return;
      fewest = Math.min(fewest, readyIn(after).length);
    });
    await change();
    await kubelet.ready();
    unfollow();
    return fewest;
  };

  /** The status once it is as it should be. @param exit its exit status; null for any */
  const statusWhen = async (exit: number | null, what: string, holds: (status: Status) => boolean = () => true) => {
    for (const end = Date.now() + withinMs; ; await sleep(pollMs)) {
      const { status, stdout, stderr } = await cluster.sh(`weir status -o json --aggregator ${address} ${trust}`);
      const answer = stdout === '' ? null : (JSON.parse(stdout) as Status);
      const isSo = answer !== null && holds(answer) && (exit === null || status === exit);
      if (!isSo && Date.now() < end) continue;
      t.ok(isSo, `${what}: ${status} ${stderr}${JSON.stringify(answer?.health.findings)}`);
      if (answer === null) throw new Error('no status was told');
      return answer;
    }
  };

  const traffic = await PodTraffic.start(node, kubelet);

  /** Connections of the pods' and of the fleet's edges, by `client server`, as one aggregator tells them. */
  const toldBy = async (pod: string) => {
    const asked = `--aggregator ${kubelet.addressOf(`weir/${pod}`)}:7280 ${trust}`;
    const edges = JSON.parse(await cluster.must(`weir flows -o json --since 2h ${asked}`)) as Edge[];
    const own = edges.filter(
      ({ server, port }) => port === trafficPort || server.address?.startsWith('203.0.113.') === true,
    );
    return Object.fromEntries(
      own.map(({ client, server, merged }) => [
        `${client.name} ${server.address ?? server.name}`,
        merged.counters.established,
      ]),
    );
  };

  /** Every aggregator that is ready has to tell the sums of the fleet, and the connections that were made. */
  const tellAll = async (ofFleet: Readonly<Record<string, number>>, what: string) => {
    const sums = { ...ofFleet, 'client server': traffic.made };
    for (const name of await ready()) {
      let told = await toldBy(name);
      for (const end = Date.now() + withinMs; !dequal(told, sums) && Date.now() < end; await sleep(pollMs)) {
        told = await toldBy(name);
      }
      t.strictSame(told, sums, `${name}: ${what}`);
    }
  };

  const fleetOf = (nodes: readonly number[]) =>
    new Fleet(cluster.api, node, nodes, `${serviceName}.weir.production`, {
      cluster: 'production',
      address,
      serverName: serviceName,
      authorityFile: join(cluster.folder, 'ca.crt'),
      startUnixMs: Date.now() - 3_000_000,
    });
  return { ...running, traffic, ready, fewestDuring, statusWhen, tellAll, fleetOf };
}
