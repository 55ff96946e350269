import type { UnixMs } from '../core/time.ts';
import type { Bench, Result, Run } from './bench.ts';
import { windowMs } from './cluster-flows.ts';
import { FollowStream } from './follow-stream.ts';
import { FreshNode } from './fresh-node.ts';
import { median, quantile, rounded, sum } from './statistics.ts';
import { comesToHold } from './waiting.ts';

const probesPerSecond = 8;
/** Behind the window; what was not shown by then is missed. */
const graceMs = 10_000;

interface FreshRound {
  readonly probes: number;
  readonly missed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly sseP50Ms: number;
  readonly sseP99Ms: number;
}

/** From the opening of each connection until its edge was shown; of those that were. */
function delays(opened: ReadonlyMap<number, UnixMs>, { shownUnixMs }: FollowStream): number[] {
  const shown = shownUnixMs;
  return [...opened].flatMap(([port, openedUnixMs]) => {
    const at = shown.get(port);
    return at === undefined ? [] : [at - openedUnixMs];
  });
}

async function measureRound(run: Run): Promise<FreshRound> {
  run.abort.throwIfAborted();
  const node = await FreshNode.make(run, windowMs);
  const grpc = FollowStream.grpc(run, node.listening.addresses[0] as string);
  const sse = await FollowStream.serverSent(run, node.listening.httpAddress);
  const probes = probesPerSecond * run.seconds;
  run.progress(`${probes} connections within ${run.seconds} s, windows of ${windowMs / 1000} s`);
  const opened = await node.connect(probes, run.seconds * 1000);
  const areShown = () => [grpc, sse].every((stream) => delays(opened, stream).length === probes);
  await comesToHold(areShown, windowMs + graceMs, run.abort);
  const [byGrpc, bySse] = [delays(opened, grpc), delays(opened, sse)];
  return {
    probes,
    missed: probes - Math.min(byGrpc.length, bySse.length),
    p50Ms: median(byGrpc),
    p99Ms: quantile(byGrpc, 0.99),
    sseP50Ms: median(bySse),
    sseP99Ms: quantile(bySse, 0.99),
  };
}

async function measure(run: Run): Promise<Result> {
  const rounds: FreshRound[] = [];
  for (let round = 0; round < run.rounds; round++) {
    rounds.push(await measureRound(run));
    await run.undo.now();
  }
  const each = (name: keyof FreshRound) => rounds.map((round) => round[name]);
  const bar = { atMost: windowMs + 1_000 };
  return {
    json: {
      window_ms: windowMs,
      p50_ms: rounded(median(each('p50Ms')), 0),
      p99_ms: rounded(median(each('p99Ms')), 0),
      sse_p50_ms: rounded(median(each('sseP50Ms')), 0),
      sse_p99_ms: rounded(median(each('sseP99Ms')), 0),
      probes: sum(each('probes')),
      missed: sum(each('missed')),
    },
    figures: [
      { label: 'gRPC, median', unit: 'ms', perRound: each('p50Ms') },
      { label: 'gRPC, p99', unit: 'ms', perRound: each('p99Ms'), bar },
      { label: 'server-sent events, median', unit: 'ms', perRound: each('sseP50Ms') },
      { label: 'server-sent events, p99', unit: 'ms', perRound: each('sseP99Ms'), bar },
      { label: 'connections', unit: '', perRound: each('probes') },
      { label: 'not shown', unit: '', perRound: each('missed'), bar: { atMost: 0 } },
    ],
  };
}

/**
 * From the packet to the eye: connections from one pod to another, each to a port that was never used before, opened at
 * moments drawn evenly over `--seconds`, so that they fall anywhere into the agent's window, which has its default
 * length. `p50_ms` and `p99_ms`: from the moment before `connect` until a client that follows by gRPC has read the first
 * window in which the edge is; `sse_…` the same for one that follows by server-sent events. `missed`: edges that one of
 * them was not shown within the window and ten seconds. Agent and aggregator are processes of their own.
 */
export const fresh: Bench = {
  name: 'fresh',
  sentence: 'How long it takes from the packets of a new edge until those who follow see it.',
  rounds: 1,
  seconds: 45,
  run: measure,
};
