import type { GeneratedRule } from './generated-rule.ts';

function count(amount: number, one: string): string {
  return `${amount} ${one}${amount === 1 ? '' : 's'}`;
}

/** What a rule rests on, as the lines of a comment. */
export function commentOnRule(rule: GeneratedRule): string[] {
  const { summary, edges, connections, firstSeenUnixMs, lastSeenUnixMs, confidence, confidenceReason } = rule;
  const reason = confidenceReason === '' ? '' : `: ${confidenceReason}`;
  if (edges.length === 0) return [summary, `confidence ${confidence}${reason}`];
  const [first, last] = [firstSeenUnixMs, lastSeenUnixMs].map((time) => new Date(time).toISOString());
  const opened = connections === 0 ? '' : `, ${count(connections, 'connection')}`;
  return [
    summary,
    `${count(edges.length, 'row')}${opened}, seen ${first} to ${last}`,
    `confidence ${confidence}${reason}`,
  ];
}
