import type { Edge, Observation } from '../../core/edge.ts';
import type { Milliseconds } from '../../core/time.ts';
import { neverAnswered } from './row-objections.ts';
import type { MergedRule } from './rule.ts';

export type Confidence = 'high' | 'medium' | 'low';

/** How far one can rely on a rule, and why not altogether. */
export interface Judgement {
  readonly confidence: Confidence;
  /** Empty when the confidence is high. */
  readonly reason: string;
}

const minute: Milliseconds = 60_000;
const longEnough: Milliseconds = 60 * minute;

/** What weakens a rule without making it doubtful. */
const once = 'seen only once';
const short = 'seen for less than an hour';
const oneSided = 'reported by one end only';
const listening = 'only a listening socket tells the direction';
const wider = 'lets more through than was seen';
const lesser = new Set([short, oneSided, listening, wider, neverAnswered]);

/** How often something was opened, or sent where nothing is opened. */
function times({ counters }: Observation): number {
  const opened = Math.max(counters.established, counters.attempts);
  return opened > 0 ? opened : Math.max(counters.packetsToServer, counters.packetsToClient);
}

function addWeaknesses({ merged, client, server, byClient, byServer }: Edge, counts: Map<string, number>): void {
  const length = merged.lastSeenUnixMs - merged.firstSeenUnixMs;
  const add = (weakness: string) => counts.set(weakness, (counts.get(weakness) ?? 0) + 1);
  // A connection that lasts is one too, and is seen all the time.
  if (times(merged) <= 1 && length < minute) add(once);
  else if (length < longEnough) add(short);
  if (client.type === 'workload' && server.type === 'workload' && (byClient === null || byServer === null)) {
    add(oneSided);
  }
  if (merged.directionBy === 'listener') add(listening);
}

/**
 * How far a rule can be relied on: `high` where every row was seen for an hour and more, more than once, by both ends if
 * both are workloads, with a direction that packets or sockets tell, and nobody else is let through; `medium` where one
 * of these is missing; `low` where a row was seen once only, or the rule rests on somebody's choice.
 */
export function judge(rule: MergedRule, letsMoreThrough: boolean): Judgement {
  const counts = new Map<string, number>(rule.doubts);
  for (const edge of rule.edges) addWeaknesses(edge, counts);
  const rows = rule.edges.length;
  const reasons = Array.from(counts, ([text, count]) =>
    rows > 1 && count < rows ? `${text} (${count} of ${rows} rows)` : text,
  );
  if (letsMoreThrough) reasons.push(wider);
  if (reasons.length === 0) return { confidence: 'high', reason: '' };
  const isLow = [...counts.keys()].some((text) => !lesser.has(text));
  return { confidence: isLow ? 'low' : 'medium', reason: reasons.join('; ') };
}
