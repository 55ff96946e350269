import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { failingSources, namingHeadings, namingRows } from '../agent-naming.ts';
import { deadline } from '../aggregator.ts';
import { coverageLines } from '../coverage.ts';
import { type Cell, renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { lossesText, lossText } from '../stages.ts';
import { ageText, plural, printable } from '../text.ts';

function agentRow({ colors }: Terminal, report: wire.AgentReport, now: number): Cell[] {
  const { node, connected, lastWindowEndUnixMs, status } = report;
  const state = connected ? colors.green('connected') : colors.red('lost');
  const attached = status?.interfacesAttached ?? 0;
  return [
    node,
    { styled: state },
    lastWindowEndUnixMs === 0 ? 'never' : ageText(lastWindowEndUnixMs, now),
    `${status?.podsResolved ?? 0}/${attached}`,
    String(status?.batchesPending ?? 0),
    status?.kernel ?? '',
    status?.version ?? '',
  ];
}

/** Where and when something was lost; what the stages are is said once for the cluster. */
function incompleteText({ node, coverage }: wire.AgentReport, now: number): string[] {
  if (coverage === null || coverage.incompleteWindows === 0) return [];
  const { windows, incompleteWindows, losses, lastIncompleteUnixMs } = coverage;
  const last = `${ageText(lastIncompleteUnixMs, now)} ago`;
  return [
    `${node}: ${incompleteWindows} of ${plural(windows, 'window')} incomplete, the last ${last} (${lossesText(losses)})`,
  ];
}

function remarks(agent: wire.AgentReport): string[] {
  const { node, status } = agent;
  if (status === null) return [];
  const off = status.features.filter(({ active }) => !active);
  return [
    ...status.unresolvedInterfaces.map((text) => `${node}: interface ${text}`),
    ...off.map(({ name, reason }) => `${node}: ${name} is off: ${reason}`),
    ...failingSources(agent),
  ];
}

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

function clusterText(terminal: Terminal, cluster: wire.ClusterStatus, now: number): string {
  const { name, source, agents, workloads, pods, edges, coverage, problems, unresolved } = cluster;
  const counts = [plural(workloads, 'workload'), plural(pods, 'pod'), plural(edges, 'edge')].join(', ');
  const headings = ['NODE', 'AGENT', 'LAST WINDOW', 'PODS', 'PENDING', 'KERNEL', 'VERSION'];
  const table = renderTable(
    headings,
    agents.map((agent) => agentRow(terminal, agent, now)),
  );
  const naming = agents.flatMap(namingRows);
  const losses = (coverage?.losses ?? []).map(lossText);
  const incomplete = agents.flatMap((agent) => incompleteText(agent, now));
  const notes = [...losses, ...incomplete, ...agents.flatMap(remarks), ...problems].map(
    (text) => `! ${printable(text)}`,
  );
  const lines = [
    `${terminal.colors.bold(`Cluster ${printable(name)}`)}: ${counts}; ${printable(source)}`,
    ...coverageLines(coverage),
    ...unresolvedLines(unresolved),
    '',
    table === '' ? 'no agent has reported yet\n' : table,
    ...(naming.length > 0 ? [renderTable(namingHeadings, naming)] : []),
    ...notes,
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Agents, what they watch, and what is missing; of a namespace, or of all when its name is empty. */
export async function showStatus(
  connection: Connection,
  terminal: Terminal,
  { namespace, output }: { readonly namespace: string; readonly output: string },
): Promise<void> {
  const answer = await connection.query.getStatus({ namespace }, deadline());
  if (printData(terminal, output, answer)) return;
  const now = Date.now();
  terminal.print(answer.clusters.map((cluster) => clusterText(terminal, cluster, now)).join('\n'));
}
