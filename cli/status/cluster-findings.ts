import type { Milliseconds, UnixMs } from '../../core/time.ts';
import type * as wire from '../../proto/wire.ts';
import { lossText } from '../stages.ts';
import { agentFindings } from './agent-findings.ts';
import { type Finding, fault, note } from './finding.ts';
import { lengthText } from './length-text.ts';

/** What is committed later is seen later. */
const laggingMs: Milliseconds = 30_000;

/** Losses for which no single node answers: those of nodes are told with these. */
const ownStages = new Set(['aggregator-graph']);

function coverageFindings({ coverage, agents, nodes }: wire.ClusterStatus): Finding[] {
  const { losses = [], nodesWithoutAgent = [] } = coverage ?? {};
  const missing = nodesWithoutAgent.map((node) => fault('no agent has ever reported', node));
  if (agents.length === 0 && nodes === 0) missing.push(fault('no agent has reported yet'));
  return [
    ...missing,
    ...losses.map((loss) => (ownStages.has(loss.stage) ? fault(lossText(loss)) : note(lossText(loss)))),
  ];
}

/** The longest time from the end of a window to its commit, of agents whose nodes are there. */
export function lagOf({ agents }: wire.ClusterStatus): Milliseconds {
  return Math.max(0, ...agents.filter(({ nodeIsGone }) => !nodeIsGone).map(({ lagMs }) => lagMs));
}

function lagFindings(cluster: wire.ClusterStatus): Finding[] {
  const slow = cluster.agents.filter(({ lagMs, nodeIsGone }) => !nodeIsGone && lagMs > laggingMs);
  return slow.map(({ node, lagMs }) => note(`windows are committed ${lengthText(lagMs)} after their end`, node));
}

/** What is wrong in a cluster and with its agents. @param now by the clock of the aggregator */
export function clusterFindings(cluster: wire.ClusterStatus, now: UnixMs): Finding[] {
  const { waiting, sourceProblems, problems, agents } = cluster;
  const ofSource = new Set(sourceProblems);
  return [
    ...(waiting ? [fault('the state of the cluster is not known yet: no flow is named')] : []),
    ...sourceProblems.map((problem) => fault(problem)),
    ...coverageFindings(cluster),
    ...agents.flatMap((agent) => agentFindings(agent, now)),
    ...lagFindings(cluster),
    ...problems.filter((problem) => !ofSource.has(problem)).map((problem) => note(problem)),
  ];
}
