import type { Milliseconds } from '../../core/time.ts';

export interface CreditLimits {
  /** How many batches of one agent may be under way. */
  readonly perAgent: number;
  /** How many of all agents should be at most; each agent keeps one all the same. */
  readonly total: number;
}

/** What an agent is told about how fast it may send. */
export interface Pace {
  /** At least 1. */
  readonly credits: number;
  /** How long it should send nothing. */
  readonly throttleMs: Milliseconds;
}

/** Long enough for some commits, short beside a window. */
const pauseMs = 500;

/** Shares what all agents may have under way evenly among those connected; a pause when more than that is. */
export function paceOf({ perAgent, total }: CreditLimits, agents: number, pending: number): Pace {
  const share = Math.floor(total / Math.max(agents, 1));
  return { credits: Math.max(1, Math.min(perAgent, share)), throttleMs: pending > total ? pauseMs : 0 };
}
