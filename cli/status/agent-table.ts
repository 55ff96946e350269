import type { UnixMs } from '../../core/time.ts';
import type * as wire from '../../proto/wire.ts';
import { type Cell, renderTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { ageText } from '../text.ts';
import { agentFindings, agentState, spoolFill } from './agent-findings.ts';
import { certificateText } from './certificate.ts';
import { lengthText } from './length-text.ts';

/** More are shown only to who asks for all. */
const maxRows = 20;

function stateCell({ colors }: Terminal, agent: wire.AgentReport, now: UnixMs): Cell {
  const state = agentState(agent, now);
  return { styled: { reports: colors.green, new: colors.yellow, late: colors.yellow, lost: colors.red }[state](state) };
}

function spoolText(status: wire.AgentStatus | null): string {
  const fill = spoolFill(status);
  if (status === null) return '';
  return fill === null ? String(status.batchesPending) : `${status.batchesPending} (${Math.round(fill * 100)}%)`;
}

function row(terminal: Terminal, agent: wire.AgentReport, now: UnixMs): Cell[] {
  const { node, lastWindowEndUnixMs, status } = agent;
  return [
    node,
    stateCell(terminal, agent, now),
    lastWindowEndUnixMs === 0 ? 'never' : ageText(lastWindowEndUnixMs, now),
    status === null ? '' : `${status.podsResolved}/${status.interfacesAttached}`,
    spoolText(status),
  ];
}

function wideCells({ lagMs, status }: wire.AgentReport, now: UnixMs): Cell[] {
  const { version = '', kernel = '', certificate = null } = status ?? {};
  return [lagMs === 0 ? '' : lengthText(lagMs), certificateText(certificate, now), version, kernel];
}

const headings = ['NODE', 'AGENT', 'LAST', 'PODS', 'SPOOL'];
const wideHeadings = ['LAG', 'CERTIFICATE', 'VERSION', 'KERNEL'];

/** The agents of nodes that are there, those in trouble first. @param wide all of them, with all that is known */
export function agentTable(
  terminal: Terminal,
  agents: readonly wire.AgentReport[],
  now: UnixMs,
  wide: boolean,
): string {
  const trouble = (agent: wire.AgentReport) => {
    const severities = agentFindings(agent, now).map(({ severity }) => severity);
    return severities.includes('fault') ? 0 : severities.length > 0 ? 1 : 2;
  };
  const ranked = agents.map((agent) => ({ agent, rank: trouble(agent) })).toSorted((a, b) => a.rank - b.rank);
  const shown = ranked.slice(0, wide ? undefined : maxRows).map(({ agent }) => agent);
  const table = renderTable(
    wide ? [...headings, ...wideHeadings] : headings,
    shown.map((agent) => [...row(terminal, agent, now), ...(wide ? wideCells(agent, now) : [])]),
  );
  const more = agents.length - shown.length;
  return more > 0 ? `${table}and ${more} more; weir status -o wide shows all\n` : table;
}
