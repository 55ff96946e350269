import type { Coverage, NodeCoverage } from '../core/coverage.ts';
import type { Losses } from '../core/flow.ts';
import type * as wire from './wire.ts';

export function encodeLosses(losses: Losses): wire.Loss[] {
  return Object.entries(losses).map(([stage, events]) => ({ stage, events }));
}

export function encodeCoverage(coverage: Coverage): wire.Coverage {
  const { windows, incompleteWindows, losses, span, nodesWithoutAgent } = coverage;
  return {
    windows,
    incompleteWindows,
    losses: encodeLosses(losses),
    firstUnixMs: span?.firstUnixMs ?? 0,
    lastUnixMs: span?.lastUnixMs ?? 0,
    nodesWithoutAgent,
  };
}

export function decodeCoverage(message: wire.Coverage): Coverage {
  const { windows, incompleteWindows, firstUnixMs, lastUnixMs, nodesWithoutAgent } = message;
  return {
    windows,
    incompleteWindows,
    losses: Object.fromEntries(message.losses.map(({ stage, events }) => [stage, events])),
    span: lastUnixMs === 0 ? null : { firstUnixMs, lastUnixMs },
    nodesWithoutAgent,
  };
}

export function encodeNodeCoverage(coverage: NodeCoverage): wire.NodeCoverage {
  const { windows, incompleteWindows, losses, lastIncompleteUnixMs } = coverage;
  return { windows, incompleteWindows, losses: encodeLosses(losses), lastIncompleteUnixMs: lastIncompleteUnixMs ?? 0 };
}
