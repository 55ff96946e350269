import type { Decision } from '../core/verdict.ts';
import { PolicySet } from '../policy/evaluate/evaluate.ts';
import type { Bench, Figure, Result, Run } from './bench.ts';
import { generationSeconds } from './generation.ts';
import { type PolicyCluster, policyCluster, randomQueries } from './policy-cluster.ts';
import { edgesAmong, replaySeconds, reverifyMs, snapshotOf } from './policy-replay.ts';
import { seenCluster } from './seen-cluster.ts';
import { median, quantile, rounded } from './statistics.ts';

const size = 1000;
const spreads = [
  { label: 'one namespace', namespaces: 1 },
  { label: '50 namespaces', namespaces: 50 },
] as const;
const queryCount = 100_000;
const replayedFlows = 1_000_000;
/** What a replay that is kept for edits holds. */
const recordedEdges = 100_000;
const edits = 100;
const [seenWorkloads, seenEdges] = [2_000, 200_000];

function secondsOf(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** Counts what comes out, so that nothing is left undone. */
class Tally {
  readonly counts: Record<Decision, number> = { allowed: 0, denied: 0, depends: 0 };

  add(decision: Decision): void {
    this.counts[decision]++;
  }

  check(expected: number): void {
    const { allowed, denied, depends } = this.counts;
    if (allowed + denied + depends !== expected || allowed === 0 || denied === 0) {
      throw new Error(`the answers do not add up: ${JSON.stringify(this.counts)}`);
    }
  }
}

/** Questions a second for the given time, the reading of the policies and all that is first worked out counted. */
function pointQueries(cluster: PolicyCluster, round: number, seconds: number): number {
  const queries = randomQueries(cluster, queryCount, round);
  const tally = new Tally();
  let set: PolicySet | null = null;
  let asked = 0;
  let spent = 0;
  while (spent < seconds) {
    spent += secondsOf(() => {
      set ??= new PolicySet(cluster.policies);
      for (const query of queries) tally.add(set.decide(query).decision);
    });
    asked += queries.length;
  }
  tally.check(asked);
  return asked / spent;
}

/** Every pod with every other on one port, in seconds, the reading of the policies included. */
function matrix({ pods, policies }: PolicyCluster): number {
  const tally = new Tally();
  const seconds = secondsOf(() => {
    const set = new PolicySet(policies);
    for (const client of pods) {
      for (const server of pods) {
        tally.add(set.decide({ client, server, protocol: 'TCP', port: 8080 }).decision);
      }
    }
  });
  tally.check(pods.length ** 2);
  return seconds;
}

function measure(run: Run): Promise<Result> {
  const clusters = spreads.map(({ label, namespaces }) => ({
    label,
    cluster: policyCluster(size, namespaces, 7),
    perSecond: [] as number[],
    matrixSeconds: [] as number[],
    replaySeconds: [] as number[],
    reverifyMs: [] as number[],
  }));
  const seen = seenCluster(seenWorkloads, seenEdges);
  const generateSeconds: number[] = [];
  for (let round = 1; round <= run.rounds; round++) {
    run.progress(`round ${round} of ${run.rounds}`);
    for (const each of round % 2 === 0 ? clusters.toReversed() : clusters) {
      run.abort.throwIfAborted();
      each.perSecond.push(pointQueries(each.cluster, round, run.seconds));
      each.matrixSeconds.push(matrix(each.cluster));
      const snapshot = snapshotOf(each.cluster);
      each.replaySeconds.push(replaySeconds(snapshot, edgesAmong(each.cluster, replayedFlows)));
      each.reverifyMs.push(quantile(reverifyMs(snapshot, edgesAmong(each.cluster, recordedEdges), edits), 0.95));
    }
    generateSeconds.push(generationSeconds(seen, seenWorkloads));
  }
  const figures = clusters.flatMap(({ label, perSecond, matrixSeconds, ...each }): Figure[] => [
    { label: `point queries a second, ${label}`, unit: '', perRound: perSecond, bar: { atLeast: 200_000 } },
    { label: `matrix of ${size} workloads, ${label}`, unit: 's', perRound: matrixSeconds, bar: { atMost: 2 } },
    { label: `replay of a million flows, ${label}`, unit: 's', perRound: each.replaySeconds, bar: { atMost: 10 } },
    { label: `policy re-verified, 95 of 100, ${label}`, unit: 'ms', perRound: each.reverifyMs, bar: { atMost: 100 } },
  ]);
  figures.push({
    label: `policies for ${seenWorkloads} workloads from ${seenEdges} edges`,
    unit: 's',
    perRound: generateSeconds,
    bar: { atMost: 5 },
  });
  return Promise.resolve({
    json: {
      point_queries_per_s: rounded(Math.min(...clusters.map(({ perSecond }) => median(perSecond))), 0),
      generate_cluster_s: rounded(median(generateSeconds), 3),
      matrix_1000_s: rounded(Math.max(...clusters.map(({ matrixSeconds }) => median(matrixSeconds))), 3),
      replay_1m_flows_s: rounded(Math.max(...clusters.map((each) => median(each.replaySeconds))), 3),
      reverify_ms: rounded(Math.max(...clusters.map((each) => median(each.reverifyMs))), 1),
    },
    figures,
  });
}

/**
 * `point_queries_per_s`: questions that are answered a second from 1,000 policies for 1,000 pods that all differ: random
 * pairs on one of the four ports that rules name, the reading of the policies counted.
 * `matrix_1000_s`: seconds for every pod with every other on one port, the reading counted. Of the two clusters, with
 * everything in one namespace and spread over 50, that with the worse median.
 * `replay_1m_flows_s`: seconds for a replay of a million different recorded edges, the reading of the policies counted.
 * `reverify_ms`: of 100 single edits of policies, each verified against 100,000 recorded edges by a replay that is kept,
 * the milliseconds within which 95 are done. Both again of the worse of the two clusters.
 * `generate_cluster_s`: seconds of processor time, that of collecting garbage beside it included, for the policies of
 * 2,000 workloads from 200,000 edges that were seen, in both directions, merged, proven and written as YAML.
 */
export const policy: Bench = {
  name: 'policy',
  sentence: 'How many questions a second the policy evaluator answers, and how long a whole matrix takes.',
  rounds: 5,
  seconds: 3,
  run: measure,
};
