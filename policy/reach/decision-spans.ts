import type { Decision } from '../../core/verdict.ts';
import {
  type Connections,
  highestPort,
  lowestPort,
  type PortProtocol,
  portProtocols,
} from '../evaluate/connections.ts';
import type { Reach } from './reach.ts';

/** A span of ports for which two sets of policies decide differently. */
export interface DecisionSpan {
  readonly protocol: PortProtocol;
  /** Both inclusive. */
  readonly first: number;
  readonly last: number;
  readonly before: Decision;
  readonly after: Decision;
}

function startsIn(connections: Connections, protocol: PortProtocol): number[] {
  return connections[protocol].flatMap(({ first, last }) => [first, last + 1]);
}

function decisionAt({ allowed, depends }: Reach, protocol: PortProtocol, port: number): Decision {
  const holds = (connections: Connections) =>
    connections[protocol].some(({ first, last }) => first <= port && port <= last);
  if (holds(allowed)) return 'allowed';
  return holds(depends) ? 'depends' : 'denied';
}

/** The spans that differ, by protocol and port; those that border and differ alike are one. */
export function decisionSpans(before: Reach, after: Reach): DecisionSpan[] {
  const spans: DecisionSpan[] = [];
  for (const protocol of portProtocols) {
    const inner = [before, after].flatMap(({ allowed, depends }) => [
      ...startsIn(allowed, protocol),
      ...startsIn(depends, protocol),
    ]);
    const starts = [...new Set([lowestPort, ...inner])].filter((each) => each <= highestPort).sort((a, b) => a - b);
    for (const [index, first] of starts.entries()) {
      const span = { before: decisionAt(before, protocol, first), after: decisionAt(after, protocol, first) };
      if (span.before === span.after) continue;
      const last = (starts[index + 1] ?? highestPort + 1) - 1;
      const previous = spans.at(-1);
      const goesOn = previous?.protocol === protocol && previous.last === first - 1;
      if (previous !== undefined && goesOn && previous.before === span.before && previous.after === span.after) {
        spans[spans.length - 1] = { ...previous, last };
      } else spans.push({ protocol, first, last, ...span });
    }
  }
  return spans;
}
