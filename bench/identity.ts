import type { Bench, Result, Run } from './bench.ts';
import { type AggregatorReading, measureAggregator } from './identity-aggregator.ts';
import { measureNaming, type NamingReading, pods } from './identity-node.ts';
import { median, rounded } from './statistics.ts';

async function measure(run: Run): Promise<Result> {
  const rounds: (NamingReading & AggregatorReading)[] = [];
  for (let round = 1; round <= run.rounds; round++) {
    const naming = await measureNaming(run);
    await run.undo.now();
    rounds.push({ ...naming, ...(await measureAggregator(run)) });
  }
  const each = (name: keyof NamingReading | keyof AggregatorReading) => rounds.map((round) => round[name]);
  return {
    json: {
      pods,
      resolved: median(each('resolved')),
      p99_ms: rounded(median(each('p99Ms')), 1),
      watched_p99_ms: rounded(median(each('watchedP99Ms')), 1),
      join_ms: rounded(median(each('joinMs')), 2),
      rss_mb: rounded(median(each('rss_mb')), 1),
      lookups_per_s: rounded(median(each('lookups_per_s')), 0),
      apply_events_per_s: rounded(median(each('apply_events_per_s')), 0),
    },
    figures: [
      { label: `pods named of ${pods}`, unit: '', perRound: each('resolved'), bar: { atLeast: pods } },
      { label: 'from link to name, p99', unit: 'ms', perRound: each('p99Ms'), bar: { atMost: 2000 } },
      { label: 'from link to watched, p99', unit: 'ms', perRound: each('watchedP99Ms') },
      { label: `join of ${pods} interfaces`, unit: 'ms', perRound: each('joinMs'), bar: { atMost: 50 } },
      { label: 'index of 150,000 pods, memory', unit: 'MB', perRound: each('rss_mb') },
      { label: 'look-ups a second', unit: '', perRound: each('lookups_per_s') },
      { label: 'watch events a second', unit: '', perRound: each('apply_events_per_s') },
    ],
  };
}

/**
 * Names in the agent and in the aggregator. Agent: 200 pods appear at once, as fast as the kernel makes their links,
 * with their CNI results already written. `p99_ms`: from the kernel's news of a link to the agent's log line that it
 * has its pod's name; `watched_p99_ms`: to the line that its programs are attached, for which the kernel waits for all
 * CPUs, twice an interface and one after the other. `join_ms`: one look at everything with 200 pods there: links, CNI
 * results, the namespaces of all pods, routes, and the join. Aggregator: what bench/identity-aggregator.ts says.
 * Seconds are the length of each of its measurements.
 */
export const identity: Bench = {
  name: 'identity',
  sentence: 'Time from a link to the name of its pod, and what an index of 150,000 pods takes.',
  rounds: 1,
  seconds: 5,
  run: measure,
};
