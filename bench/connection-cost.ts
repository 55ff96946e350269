import type { Run } from './bench.ts';
import { type BpfProgram, loadedPrograms, tracepointsOfPrograms } from './bpf-programs.ts';
import { type Floor, holdFloor } from './floor.ts';
import { Load } from './load.ts';
import { type Placement, placements } from './placement.ts';
import { timeBpfPrograms } from './sysctl.ts';
import { WatchedNode } from './watched-node.ts';

const connections = 20_000;
const warmUpConnections = 1000;
/** Each placement has a server of its own, on this port or one of those that follow. */
const firstPort = 9000;
const reportWithinMs = 10_000;

/** Where Weir's programs run while a connection comes and goes. */
export const hooks = ['packet', 'inet_sock_set_state', 'kfree_skb'] as const satisfies readonly (keyof Floor)[];
export type Hook = (typeof hooks)[number];

/** Nanoseconds a connection above the empty program, by hook. */
export type ConnectionCost = Readonly<Record<Hook, number>>;

/** What was measured in each round with the ends so placed. */
export interface PlacedCosts {
  readonly placement: Placement;
  readonly rounds: ConnectionCost[];
}

type Programs = ReadonlyMap<number, BpfProgram>;

/** The hook that a program's time counts for; null for one that no connection waits for. */
function hookOf({ id, type }: BpfProgram, tracepoints: ReadonlyMap<number, string>): Hook | null {
  if (type === 'sched_cls') return 'packet';
  const tracepoint = tracepoints.get(id);
  if (tracepoint === 'iterator') return null;
  // What is attached to another hook counts all the same, above an empty program on a tracepoint.
  return tracepoint === 'kfree_skb' ? 'kfree_skb' : 'inet_sock_set_state';
}

function between(id: number, before: Programs, after: Programs): { readonly runs: number; readonly runNs: number } {
  const [first, last] = [before.get(id), after.get(id)];
  if (first === undefined || last === undefined) throw new Error(`program ${id} was not there all the time`);
  return { runs: last.runs - first.runs, runNs: last.runNs - first.runNs };
}

/** A connection's share of the time of Weir's programs above as many runs of the empty ones, at the same hooks. */
function costs(ids: ReadonlySet<number>, floor: Floor, before: Programs, after: Programs): ConnectionCost {
  const tracepoints = tracepointsOfPrograms();
  const sums: Record<Hook, number> = { packet: 0, inet_sock_set_state: 0, kfree_skb: 0 };
  for (const id of ids) {
    const program = after.get(id);
    const hook = program === undefined ? null : hookOf(program, tracepoints);
    if (hook === null) continue;
    const empty = between(floor[hook], before, after);
    const { runs, runNs } = between(id, before, after);
    if (runs > 0) sums[hook] += (runNs - (runs * empty.runNs) / Math.max(empty.runs, 1)) / connections;
  }
  return sums;
}

/** Which of the two stands first at every hook: whoever is first finds the caches cold for both. */
const orders = ['weir-first', 'empty-first'] as const;
type Order = (typeof orders)[number];

interface Watching {
  readonly watched: WatchedNode;
  readonly floor: Floor;
  readonly ids: ReadonlySet<number>;
  readonly end: () => Promise<void>;
}

async function startWatching(run: Run, order: Order): Promise<Watching> {
  const watched = await WatchedNode.make(run, 2, 1);
  const { node, interfaces } = watched;
  // At a tracepoint whoever was attached first runs first.
  const earlier = order === 'weir-first' ? null : await holdFloor(run, node, { tracepoints: true, packets: null });
  const agent = await watched.startAgent('1s');
  const end = order === 'weir-first' ? 'last' : 'first';
  const later = await holdFloor(run, node, { tracepoints: earlier === null, packets: { end, interfaces } });
  return {
    watched,
    ids: agent.programs(),
    floor: { ...(earlier ?? later), packet: later.packet },
    end: async () => {
      await later.end();
      await earlier?.end();
      await watched.stopAgent(agent);
    },
  };
}

/** One order of the programs: costs by placement of the ends and round. */
async function measureInOrder(run: Run, order: Order, rounds: number): Promise<PlacedCosts[]> {
  const { watched, floor, ids, end } = await startWatching(run, order);
  const [client, server] = [watched.pod(0), watched.pod(1)];
  const load = new Load(run);
  const placed = placements().map((placement, i) => ({
    placement,
    port: firstPort + i,
    rounds: [] as ConnectionCost[],
  }));
  const connect = async ({ placement, port }: { placement: Placement; port: number }, count: number) => {
    const argv = ['crr', server.address, port, run.seconds, 0, count];
    const { connections, failed } = await load.client(client, argv, placement.client);
    if (connections !== count || failed > 0) throw new Error(`${failed} of ${count} connections failed`);
  };
  for (const each of placed) {
    await load.serve(server, `${each.port}-${each.port}`, each.placement.server);
    await connect(each, warmUpConnections);
  }
  for (let round = 1; round <= rounds; round++) {
    run.progress(`connections, ${order}, round ${round} of ${rounds}`);
    for (const each of placed) {
      const before = loadedPrograms();
      await connect(each, connections);
      each.rounds.push(costs(ids, floor, before, loadedPrograms()));
    }
  }
  const made = placed.length * (warmUpConnections + rounds * connections);
  const seen = () => watched.established(({ role }) => role === 'client');
  // A capture that sees nothing would be cheap.
  if (!(await watched.reported(() => seen() === made, reportWithinMs))) {
    throw new Error(`the agent reported ${seen()} of ${made} connections`);
  }
  await end();
  return placed;
}

function mean(a: ConnectionCost, b: ConnectionCost): ConnectionCost {
  return Object.fromEntries(hooks.map((hook) => [hook, (a[hook] + b[hook]) / 2])) as Record<Hook, number>;
}

/**
 * Short connections between two pods under a real agent, while the kernel times every run of every BPF program. The
 * kernel's clock costs more than most of the programs: hence the empty ones in the same place, which pay it as well.
 * What stands first at a hook pays for it alone that nothing is in the caches, whatever it does: so each order is
 * measured, and a round is the mean of one of each.
 */
export async function measureConnections(run: Run, rounds: number): Promise<PlacedCosts[]> {
  timeBpfPrograms(run.undo, true);
  const [one, other] = [await measureInOrder(run, orders[0], rounds), await measureInOrder(run, orders[1], rounds)];
  return one.map(({ placement, rounds: costs }, i) => ({
    placement,
    rounds: costs.map((cost, round) => mean(cost, other[i]?.rounds[round] ?? cost)),
  }));
}
