import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Result, Run } from './bench.ts';
import { Load } from './load.ts';
import { sharedCore } from './placement.ts';
import { median, rounded } from './statistics.ts';
import { timeBpfPrograms } from './sysctl.ts';
import { WatchedNode } from './watched-node.ts';

const port = 9000;
/** As an agent has it by itself. */
const defaultWindow = '15s';
const settleMs = 2000;
/** A core that idled while the agent started or stopped is slow for about a second. */
const warmUpSeconds = 1;

interface Rates {
  readonly rr: number;
  readonly crr: number;
}

interface OverheadRound {
  readonly with: Rates;
  readonly without: Rates;
}

async function measureRates(run: Run, watched: WatchedNode, load: Load): Promise<Rates> {
  const [client, server] = [watched.pod(0), watched.pod(1)];
  const { client: core } = sharedCore();
  await load.client(client, ['rr', server.address, port, warmUpSeconds], core);
  const rr = await load.client(client, ['rr', server.address, port, run.seconds], core);
  const crr = await load.client(client, ['crr', server.address, port, run.seconds, 0, 0], core);
  if (crr.failed > 0) throw new Error(`${crr.failed} connections failed`);
  return { rr: rr.transactions / rr.seconds, crr: crr.transactions / crr.seconds };
}

async function measureWithAgent(run: Run, watched: WatchedNode, load: Load): Promise<Rates> {
  const agent = await watched.startAgent(defaultWindow);
  // A process that has just started is still being compiled: that is no part of what it costs to have it.
  await sleep(settleMs, undefined, { signal: run.abort });
  const rates = await measureRates(run, watched, load);
  await watched.stopAgent(agent);
  return rates;
}

/** What comes first alternates, so that a machine that gets slower or faster favours neither. */
async function measureRound(run: Run, round: number, watched: WatchedNode, load: Load): Promise<OverheadRound> {
  if (round % 2 === 1) {
    const without = await measureRates(run, watched, load);
    return { without, with: await measureWithAgent(run, watched, load) };
  }
  const withAgent = await measureWithAgent(run, watched, load);
  return { with: withAgent, without: await measureRates(run, watched, load) };
}

async function measure(run: Run): Promise<Result> {
  // Two readings of the clock for each run of a program would be most of what is measured.
  timeBpfPrograms(run.undo, false);
  const watched = await WatchedNode.make(run, 2, 1);
  const load = new Load(run);
  await load.serve(watched.pod(1), `${port}-${port}`, sharedCore().server);
  const rounds: OverheadRound[] = [];
  for (let round = 1; round <= run.rounds; round++) {
    run.progress(`round ${round} of ${run.rounds}`);
    rounds.push(await measureRound(run, round, watched, load));
  }
  const each = (which: keyof OverheadRound, kind: keyof Rates) => rounds.map((round) => round[which][kind]);
  const ratios = (kind: keyof Rates) => rounds.map((round) => round.with[kind] / round.without[kind]);
  return {
    json: {
      rr_ratio: rounded(median(ratios('rr')), 4),
      crr_ratio: rounded(median(ratios('crr')), 4),
      rr_per_s: rounded(median(each('with', 'rr')), 0),
      crr_per_s: rounded(median(each('with', 'crr')), 0),
    },
    figures: [
      { label: 'requests, with to without', unit: '', perRound: ratios('rr'), bar: { atLeast: 0.97 } },
      { label: '  a second with the agent', unit: '', perRound: each('with', 'rr') },
      { label: '  a second without', unit: '', perRound: each('without', 'rr') },
      { label: 'connections, with to without', unit: '', perRound: ratios('crr'), bar: { atLeast: 0.9 } },
      { label: '  a second with the agent', unit: '', perRound: each('with', 'crr') },
      { label: '  a second without', unit: '', perRound: each('without', 'crr') },
    ],
  };
}

/**
 * Between two pods, one after the other: requests and answers of a byte on one connection (rr), and connections with
 * one byte each way (crr). Both ends share a core, where all time is work and every addition shows; on two, waiting for
 * the other to wake up hides most of it. The ratios are medians of the rounds' own: with the agent running, to without
 * it, when none of its programs is loaded. An empty program at the same places alone costs about 2 % of rr here: what
 * remains to Weir is less than 100 ns a request. Many short rounds tell that better than few long ones. `*_per_s` are
 * the rates with the agent. Seconds are the length of one measurement, of which a round has four.
 */
export const overhead: Bench = {
  name: 'overhead',
  sentence: 'How much slower requests and connections between pods are while the agent runs.',
  rounds: 15,
  seconds: 2,
  run: measure,
};
