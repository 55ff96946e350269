import type * as wire from '../../proto/wire.ts';
import type { Cell } from '../table.ts';

export const namingHeadings = ['NODE', 'CNI', 'NAMED BY', 'WITHOUT A NAME', 'SOURCES'];

function countsText(counts: Readonly<Record<string, number>>): string {
  const present = Object.entries(counts).filter(([, count]) => count > 0);
  return present.map(([what, count]) => `${what} ${count}`).join(', ');
}

function cniText({ name, forced, evidence }: wire.DetectedCni): string {
  const [first = 'no evidence'] = evidence;
  return `${name} (${forced ? 'forced; ' : ''}${first})`;
}

/** How an agent comes to the names of its pods, in a line; none for an agent that says nothing of it. */
export function namingRows({ node, status }: wire.AgentReport): Cell[][] {
  if (status === null || status.identitySources.length === 0) return [];
  const serving = status.identitySources.filter(({ state }) => state === 'SOURCE_STATE_OK');
  const cnis = status.cnis.map(cniText).join(', ');
  return [
    [
      node,
      cnis === '' ? 'not recognised' : cnis,
      countsText(status.resolvedByMeans),
      countsText(status.unresolvedByReason),
      serving.map(({ name }) => name).join(', '),
    ],
  ];
}
