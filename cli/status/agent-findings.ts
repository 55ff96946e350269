import type { Milliseconds, UnixMs } from '../../core/time.ts';
import type * as wire from '../../proto/wire.ts';
import { lossesText } from '../stages.ts';
import { ageText, bytesText, plural } from '../text.ts';
import { certificateFindings } from './certificate.ts';
import { type Finding, fault, note } from './finding.ts';

/** An agent reports, is connected and has nothing to show for it, or is not there. */
export type AgentState = 'reports' | 'new' | 'late' | 'lost';

/** Of an agent that does not say how long its windows are. */
const usualWindowMs: Milliseconds = 15_000;
/** A window may be on its way, and the next not be over. */
const lateAfterWindows = 3;
/** Agents come back by themselves from a restart of either side. */
const leastLateMs: Milliseconds = 60_000;

/** Whether an agent reports in time. @param now by the clock of the aggregator */
export function agentState({ connected, lastWindowEndUnixMs, status }: wire.AgentReport, now: UnixMs): AgentState {
  const windowMs = status?.windowMs || usualWindowMs;
  if (now - lastWindowEndUnixMs <= Math.max(leastLateMs, lateAfterWindows * windowMs)) return 'reports';
  if (!connected) return 'lost';
  return lastWindowEndUnixMs === 0 ? 'new' : 'late';
}

function stateFindings(agent: wire.AgentReport, now: UnixMs): Finding[] {
  const { node, lastWindowEndUnixMs } = agent;
  const last =
    lastWindowEndUnixMs === 0 ? 'no window yet' : `the last window ended ${ageText(lastWindowEndUnixMs, now)} ago`;
  switch (agentState(agent, now)) {
    case 'reports':
      return [];
    case 'new':
      return [note('the agent is connected and has sent no window yet', node)];
    case 'late':
      return [fault(`the agent is connected and late: ${last}`, node)];
    case 'lost':
      return [fault(`the agent is lost: ${last}`, node)];
  }
}

/** A loss of so long ago is over. */
const recentMs: Milliseconds = 3_600_000;

function lossFindings({ node, coverage }: wire.AgentReport, now: UnixMs): Finding[] {
  if (coverage === null || coverage.incompleteWindows === 0) return [];
  const { windows, incompleteWindows, losses, lastIncompleteUnixMs } = coverage;
  const last = `the last ${ageText(lastIncompleteUnixMs, now)} ago`;
  const text = `${incompleteWindows} of ${plural(windows, 'window')} incomplete, ${last} (${lossesText(losses)})`;
  return [now - lastIncompleteUnixMs < recentMs ? fault(text, node) : note(text, node)];
}

/** The spool widens windows when it is full, and then drops: at half of it there is time to act. */
const spoolPressure = 0.5;

/** How full a spool is, from 0 to 1; null for an agent that does not say. */
export function spoolFill(status: wire.AgentStatus | null): number | null {
  return status === null || status.spoolMaxBytes === 0 ? null : status.spoolBytes / status.spoolMaxBytes;
}

function spoolFindings({ node, status }: wire.AgentReport): Finding[] {
  const fill = spoolFill(status);
  if (status === null || fill === null || fill < spoolPressure) return [];
  const room = `${bytesText(status.spoolBytes)} of ${bytesText(status.spoolMaxBytes)}`;
  return [fault(`the spool is filling up: ${plural(status.batchesPending, 'batch', 'batches')} wait, ${room}`, node)];
}

function namingFindings(node: string, status: wire.AgentStatus): Finding[] {
  const unnamed = Object.entries(status.unresolvedByReason).filter(([, count]) => count > 0);
  const failing = status.identitySources.filter(({ state }) => state === 'SOURCE_STATE_FAILING');
  return [
    ...unnamed.map(([reason, count]) => note(`${plural(count, 'interface')} without a pod: ${reason}`, node)),
    ...failing.map(({ name, detail }) => note(`${name} fails: ${detail}`, node)),
  ];
}

/** What is wrong with the agent of a node. @param now by the clock of the aggregator */
export function agentFindings(agent: wire.AgentReport, now: UnixMs): Finding[] {
  const { node, status, nodeIsGone } = agent;
  if (nodeIsGone) return [];
  const always = [...stateFindings(agent, now), ...lossFindings(agent, now), ...spoolFindings(agent)];
  if (status === null) return always;
  const off = status.features.filter(({ active }) => !active);
  return [
    ...always,
    ...certificateFindings("the agent's certificate", status.certificate, now, node),
    ...namingFindings(node, status),
    ...off.map(({ name, reason }) => note(`${name} is off: ${reason}`, node)),
  ];
}
