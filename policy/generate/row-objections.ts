import type { Edge } from '../../core/edge.ts';
import type { Direction } from '../../core/flow.ts';
import type { Entity } from '../../core/identity.ts';
import { isHidden } from '../../core/sight.ts';
import { isFireAndForget, succeeded } from '../evaluate/outcome.ts';
import type { Surroundings } from './surroundings.ts';

/** Why a row makes no rule unless somebody chose it, and what is doubtful about the rule when somebody did. */
export interface Objection {
  readonly reason: string;
  /** Null where the choice leaves no doubt. */
  readonly doubt: string | null;
}

const failures = {
  dropped: 'it was dropped and never came through; what was denied is not allowed by itself',
  refused: 'it was refused: nothing listened on the port, or something on the way rejected it',
  unanswered: 'it was never answered',
} as const;

const none: readonly string[] = [];
const neverThrough = 'never came through';
/** Ordinary for UDP, so it does not weigh as much as the others. */
export const neverAnswered = 'never answered';

/** Why a row can make no rule at all, whoever chooses it; null where it can. */
export function impossible({ protocol, port }: Edge, farEnd: Entity): string | null {
  if (protocol === 'ICMP' || protocol === 'ICMPv6') return 'NetworkPolicy has no rules for ICMP';
  if (farEnd.type === 'node') return 'the other end is a node: no selector names nodes, and their addresses change';
  return port < 1 ? 'a rule cannot name port 0' : null;
}

function aboutFarEnd({ port }: Edge, farEnd: Entity, { dns }: Surroundings): Objection | null {
  switch (farEnd.type) {
    case 'external': {
      const { alias } = farEnd;
      if (alias === undefined || alias.allowed) return null;
      const reason = `the other end is in ${alias.cidr} (${alias.name}), which is not allowed`;
      return { reason, doubt: `the alias ${alias.name} is not allowed` };
    }
    case 'unresolved':
      if (isHidden(farEnd)) return null;
      if (dns.isNodeLocal(farEnd.address, port)) return null;
      return {
        reason: `the other end could not be resolved (${farEnd.reason})`,
        doubt: 'the other end was not resolved',
      };
    case 'service':
      return {
        reason: 'the other end is a Service without one known workload behind it',
        doubt: 'which workload behind the Service was reached is not known',
      };
    default:
      return null;
  }
}

/** Everything that speaks against a rule for a row which nobody chose. */
export function objectionsTo(
  edge: Edge,
  direction: Direction,
  farEnd: Entity,
  surroundings: Surroundings,
): Objection[] {
  const { options } = surroundings;
  const found: Objection[] = [];
  const about = aboutFarEnd(edge, farEnd, surroundings);
  if (about !== null) found.push(about);
  if (edge.merged.directionBy === 'ports') {
    found.push({
      reason: 'only the port numbers tell which end is the client, and a rule does not rest on that',
      doubt: 'only the port numbers tell the direction',
    });
  }
  const { verdict } = edge;
  if (verdict !== 'forwarded' && !succeeded(edge) && !options.includeDenied) {
    found.push({ reason: failures[verdict], doubt: neverThrough });
  }
  if (options.general[direction] === 'block-all') {
    found.push({ reason: 'everything is blocked in this direction, and nobody chose it', doubt: null });
  }
  return found;
}

/** What is doubtful about a row as it was seen, also where nothing speaks against a rule. */
export function doubtsAbout(edge: Edge, chosen: readonly Objection[]): readonly string[] {
  if (chosen.length === 0 && edge.verdict === 'forwarded') return none;
  const doubts = chosen.flatMap(({ doubt }) => doubt ?? []);
  if (!succeeded(edge) && !doubts.includes(neverThrough)) doubts.push(neverThrough);
  if (isFireAndForget(edge)) doubts.push(neverAnswered);
  return doubts;
}
