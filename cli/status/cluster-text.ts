import type { UnixMs } from '../../core/time.ts';
import type * as wire from '../../proto/wire.ts';
import { renderTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { plural, printable } from '../text.ts';
import { type AgentState, agentState } from './agent-findings.ts';
import { namingHeadings, namingRows } from './agent-naming.ts';
import { agentTable } from './agent-table.ts';
import { lagOf } from './cluster-findings.ts';
import { lengthText } from './length-text.ts';

const reasonTexts: Readonly<Record<string, string>> = {
  'pod-cidr': "of the pods' network that no pod is known to have had",
  'service-cidr': "of the Services' network that no Service is known to have had",
  'duplicate-address': 'that several had at the same time',
  'special-address': 'that mean something else everywhere (loopback, link-local, multicast)',
};

/** How many far ends have no name, and why; nothing when all have one. */
function unresolvedLines(unresolved: readonly wire.UnresolvedCount[]): string[] {
  const some = unresolved.filter(({ addresses }) => addresses > 0);
  const texts = some.map(({ reason, addresses }) => `${addresses} ${reasonTexts[reason] ?? printable(reason)}`);
  return texts.length === 0 ? [] : [`addresses without a name: ${texts.join('; ')}`];
}

/** How far back there is anything, and for how long it is kept. */
function recordedLine({ coverage, kept }: wire.ClusterStatus): string {
  const tiers = kept.map(({ widthMs, keepMs }) => `${lengthText(widthMs)} for ${lengthText(keepMs)}`);
  const keeps = tiers.length === 0 ? '' : `; kept in steps of ${tiers.join(', ')}`;
  if (coverage === null || coverage.windows === 0) return `recorded: nothing yet${keeps}`;
  const { windows, firstUnixMs, lastUnixMs } = coverage;
  const span = `${lengthText(lastUnixMs - firstUnixMs)} from ${new Date(firstUnixMs).toISOString().replace(/\.\d+/, '')}`;
  return `recorded: ${span}, ${plural(windows, 'window')}${keeps}`;
}

function agentsLine(cluster: wire.ClusterStatus, agents: readonly wire.AgentReport[], now: UnixMs): string {
  const states = agents.map((agent) => agentState(agent, now));
  const inState = (state: AgentState) => states.filter((each) => each === state).length;
  const sum = (count: (status: wire.AgentStatus) => number) =>
    agents.reduce((total, { status }) => total + (status === null ? 0 : count(status)), 0);
  const counts = {
    reporting: inState('reports'),
    new: inState('new'),
    late: inState('late'),
    lost: inState('lost'),
    missing: cluster.coverage?.nodesWithoutAgent.length ?? 0,
    'of nodes that are gone': cluster.agents.length - agents.length,
  };
  const present = Object.entries(counts).filter(([, count]) => count > 0);
  const [named, attached] = [sum((status) => status.podsResolved), sum((status) => status.interfacesAttached)];
  const lag = lagOf(cluster);
  return `agents: ${[
    ...present.map(([what, count]) => `${count} ${what}`),
    ...(attached > 0 ? [`${named} of ${attached} interfaces have a pod`] : []),
    ...(lag > 0 ? [`windows committed within ${lengthText(lag)}`] : []),
  ].join(', ')}`;
}

/** What is in a cluster, and who watches it. @param wide with all that is known of each agent */
export function clusterText(terminal: Terminal, cluster: wire.ClusterStatus, now: UnixMs, wide: boolean): string {
  const { name, source, workloads, pods, edges, unresolved, nodes, namespaces } = cluster;
  const agents = cluster.agents.filter(({ nodeIsGone }) => !nodeIsGone);
  const counts = [
    ...(nodes > 0 ? [plural(nodes, 'node')] : []),
    ...(namespaces > 0 ? [plural(namespaces, 'namespace')] : []),
    plural(workloads, 'workload'),
    plural(pods, 'pod'),
    plural(edges, 'edge'),
  ].join(', ');
  const lines = [
    `${terminal.colors.bold(`Cluster ${printable(name)}`)}: ${counts}; ${printable(source)}`,
    recordedLine(cluster),
    ...(agents.length === 0 ? [] : [agentsLine(cluster, agents, now)]),
    ...unresolvedLines(unresolved),
  ];
  const naming = wide ? renderTable(namingHeadings, agents.flatMap(namingRows)) : '';
  const unnamed = agents.flatMap(({ node, status }) =>
    (status?.unresolvedInterfaces ?? []).map((text) => printable(`${node}: interface ${text}`)),
  );
  const wrapped = (texts: readonly string[]) => texts.map((text) => terminal.wrap(text, 2)).join('\n');
  const parts = [wrapped(lines), agentTable(terminal, agents, now, wide), naming, wrapped(wide ? unnamed : [])];
  return parts
    .filter((part) => part !== '')
    .map((part) => part.trimEnd())
    .join('\n\n');
}
