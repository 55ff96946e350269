import type { FlowRecord } from '../core/flow.ts';
import type { TestPod } from '../test/agent/pod-wiring.ts';
import type { Bench, Figure, Result, Run } from './bench.ts';
import { Load } from './load.ts';
import { rounded, sum } from './statistics.ts';
import { WatchedNode } from './watched-node.ts';

const busyPort = 9000;
const firstRarePort = 20_000;
const rarePorts = 200;
const reportWithinMs = 10_000;

interface EdgesRound {
  readonly rareSeen: number;
  readonly connections: number;
  readonly connectionsSeen: number;
  readonly seconds: number;
  readonly lostEvents: number;
  readonly gapWindows: number;
}

/** Connections of each port, as one end reported them. */
function establishedByPort(records: readonly FlowRecord[], pod: TestPod, role: FlowRecord['role'], peer: TestPod) {
  const ports = new Map<number, number>();
  for (const { pod: reporter, role: ofRecord, remote, port, protocol, counters } of records) {
    if (reporter.name !== pod.name || ofRecord !== role || remote !== peer.address || protocol !== 'TCP') continue;
    ports.set(port, (ports.get(port) ?? 0) + counters.established);
  }
  return ports;
}

/** Of what the two ends say, the one that is further from the truth. */
function furthest(truth: number, a: number, b: number): number {
  return Math.abs(a - truth) >= Math.abs(b - truth) ? a : b;
}

async function measureRound(run: Run): Promise<EdgesRound> {
  const watched = await WatchedNode.make(run, 2, 1);
  const [client, server] = [watched.pod(0), watched.pod(1)];
  await watched.startAgent('1s');
  const load = new Load(run);
  const lastRarePort = firstRarePort + rarePorts - 1;
  const rareRange = `${firstRarePort}-${lastRarePort}`;
  await load.serve(server, `${busyPort}-${busyPort}`);
  await load.serve(server, rareRange);
  const [busy, rare] = await Promise.all([
    load.client(client, ['crr', server.address, busyPort, run.seconds, 0, 0]),
    load.client(client, ['once', server.address, rareRange, run.seconds]),
  ]);
  if (busy.failed > 0 || rare.connections !== rarePorts) {
    throw new Error(`the load failed: ${busy.failed} busy connections, ${rarePorts - rare.connections} rare ones`);
  }
  const ports = () => {
    const { records } = watched.ingest;
    const atClient = establishedByPort(records, client, 'client', server);
    const atServer = establishedByPort(records, server, 'server', client);
    return { atClient, atServer };
  };
  const seen = () => {
    const { atClient, atServer } = ports();
    const rareSeen = Array.from({ length: rarePorts }, (_, i) => firstRarePort + i).filter(
      (port) => atClient.get(port) === 1 && atServer.get(port) === 1,
    ).length;
    const busySeen = furthest(busy.connections, atClient.get(busyPort) ?? 0, atServer.get(busyPort) ?? 0);
    return { rareSeen, connectionsSeen: busySeen };
  };
  await watched.reported(() => {
    const { rareSeen, connectionsSeen } = seen();
    return rareSeen === rarePorts && connectionsSeen === busy.connections;
  }, reportWithinMs);
  const losses = watched.ingest.batches.map((batch) => sum(Object.values(batch.losses)));
  return {
    ...seen(),
    connections: busy.connections,
    seconds: busy.seconds,
    lostEvents: sum(losses),
    gapWindows: losses.filter((events) => events > 0).length,
  };
}

async function measure(run: Run): Promise<Result> {
  const rounds: EdgesRound[] = [];
  for (let round = 1; round <= run.rounds; round++) {
    run.progress(`round ${round} of ${run.rounds}, ${run.seconds} s`);
    rounds.push(await measureRound(run));
    await run.undo.now();
  }
  const each = (name: keyof EdgesRound) => rounds.map((round) => round[name]);
  const perSecond = rounds.map(({ connections, seconds }) => connections / seconds);
  const figures: Figure[] = [
    { label: `rare edges seen of ${rarePorts}`, unit: '', perRound: each('rareSeen'), bar: { atLeast: rarePorts } },
    { label: 'connections of the busy edge', unit: '', perRound: each('connections') },
    { label: '  a second', unit: '', perRound: perSecond, bar: { atLeast: 5000 } },
    { label: '  reported', unit: '', perRound: each('connectionsSeen') },
    { label: 'lost events', unit: '', perRound: each('lostEvents'), bar: { atMost: 0 } },
    { label: 'windows with a loss', unit: '', perRound: each('gapWindows'), bar: { atMost: 0 } },
  ];
  return {
    json: {
      rare_total: rounds.length * rarePorts,
      rare_seen: sum(each('rareSeen')),
      connections: sum(each('connections')),
      connections_seen: sum(each('connectionsSeen')),
      connections_per_second: rounded(sum(each('connections')) / sum(each('seconds')), 0),
      lost_events: sum(each('lostEvents')),
      gap_windows: sum(each('gapWindows')),
    },
    figures,
  };
}

/**
 * `rare_seen`: ports that were contacted exactly once while the same client opened as many other connections as it
 * could, and that the agent reported with exactly one established connection at both ends. `connections` is what the
 * load generator counted for the busy port, `connections_seen` what the agent reported for it (of the two ends the one
 * further off), `lost_events` what the agent itself says that it lost. Totals of all rounds, each with a node and an
 * agent of its own.
 */
export const edges: Bench = {
  name: 'edges',
  sentence: 'Whether edges of a single connection are seen while one client opens thousands a second.',
  rounds: 3,
  seconds: 20,
  run: measure,
};
