import type { Bench, Figure, Result, Run } from './bench.ts';
import { Load } from './load.ts';
import { median, sum } from './statistics.ts';
import { WatchedNode } from './watched-node.ts';

const pods = 6;
const perPair = 30;
const firstPort = 7000;
const foundMessage = 'found sockets that were open already';
/** Long after the agent could have reported what it found. */
const holdSeconds = 600;

/** Connections that are told apart by the server's port: each has one of its own. */
interface Connection {
  readonly client: number;
  readonly server: number;
  readonly port: number;
}

interface PreexistingRound {
  readonly seen: number;
  readonly wrongDirection: number;
  readonly ms: number | null;
}

/** Every pod is client and server of every other. */
const connections: readonly Connection[] = Array.from({ length: pods }, (_, client) => client)
  .flatMap((client) => Array.from({ length: pods }, (_, server) => ({ client, server })))
  .filter(({ client, server }) => client !== server)
  .flatMap(({ client, server }, pair) =>
    Array.from({ length: perPair }, (_, i) => ({ client, server, port: firstPort + pair * perPair + i })),
  );

async function openConnections(watched: WatchedNode, load: Load): Promise<void> {
  const ports = `${firstPort}-${firstPort + connections.length - 1}`;
  await Promise.all(watched.pods.map((pod) => load.serve(pod, ports)));
  const firsts = connections.filter((_, i) => i % perPair === 0);
  await Promise.all(
    firsts.map(async ({ client, server, port }) => {
      const range = `${port}-${port + perPair - 1}`;
      await load.start(watched.pod(client), ['hold', watched.pod(server).address, range, holdSeconds]).ready();
    }),
  );
}

const endOf = (pod: string, role: string, remote: string, port: number) => `${pod} ${role} ${remote} ${port}`;

/** The two ends that have to be reported for a connection. */
function endsOf({ client, server, port }: Connection, watched: WatchedNode): [string, string] {
  const [from, to] = [watched.pod(client), watched.pod(server)];
  return [endOf(from.name, 'client', to.address, port), endOf(to.name, 'server', from.address, port)];
}

async function measureRound(run: Run): Promise<PreexistingRound> {
  const watched = await WatchedNode.make(run, pods);
  await openConnections(watched, new Load(run));
  run.progress(`${connections.length} connections are open; starting the agent`);
  const agent = await watched.startAgent('1s');
  const reported = () =>
    new Set(
      watched.ingest.records
        .filter(({ protocol }) => protocol === 'TCP')
        .map(({ pod, role, remote, port }) => endOf(pod.name, role, remote, port)),
    );
  const seen = () => {
    const ends = reported();
    return connections.filter((each) => endsOf(each, watched).every((end) => ends.has(end))).length;
  };
  await watched.reported(() => seen() === connections.length, run.seconds * 1000);
  const expected = new Set(connections.flatMap((each) => endsOf(each, watched)));
  const ms = agent.logged(foundMessage)?.['ms'];
  return {
    seen: seen(),
    wrongDirection: [...reported()].filter((end) => !expected.has(end)).length,
    ms: typeof ms === 'number' ? ms : null,
  };
}

async function measure(run: Run): Promise<Result> {
  const rounds: PreexistingRound[] = [];
  for (let round = 1; round <= run.rounds; round++) {
    rounds.push(await measureRound(run));
    await run.undo.now();
  }
  const times = rounds.flatMap(({ ms }) => (ms === null ? [] : [ms]));
  const seen = rounds.map((round) => round.seen);
  const wrong = rounds.map((round) => round.wrongDirection);
  const total = connections.length;
  const figures: Figure[] = [
    { label: `connections seen of ${total}`, unit: '', perRound: seen, bar: { atLeast: total } },
    { label: 'ends reported otherwise', unit: '', perRound: wrong, bar: { atMost: 0 } },
    { label: "the agent's search", unit: 'ms', perRound: times },
  ];
  return {
    json: {
      total: total * rounds.length,
      seen: sum(seen),
      wrong_direction: sum(wrong),
      ms: times.length === 0 ? null : median(times),
    },
    figures,
  };
}

/**
 * Idle TCP connections that are opened before the agent starts, between six pods, each of which is client and server of
 * every other. `seen`: connections of which both ends were reported with the right role, far end and port;
 * `wrong_direction`: reported ends that belong to none of them; `ms`: how long the agent says that its search took,
 * null when it says nothing. Seconds bound the wait for the reports.
 */
export const preexisting: Bench = {
  name: 'preexisting',
  sentence: 'Whether connections that were open before the agent started are seen, and the right way round.',
  rounds: 1,
  seconds: 10,
  run: measure,
};
