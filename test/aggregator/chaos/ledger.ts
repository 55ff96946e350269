import { parseAddress } from '../../../core/address.ts';
import { type FlowRecord, zeroCounters } from '../../../core/flow.ts';
import type { WindowContent } from '../../../agent/spool/spool.ts';
import { columnsOf } from '../../../proto/row-sums.ts';

/** What one node sees. It is the same whenever it is made, so a process that was killed goes on with it. */
export interface NodeTraffic {
  readonly node: number;
  readonly windows: number;
  /** Of the first window. */
  readonly startUnixMs: number;
}

const windowMs = 1_000;
/** Far ends of the node's one pod. */
const edges = 12;

function connectionsOf(node: number, window: number, edge: number): number {
  return 1 + ((node * 31 + window * 17 + edge * 7) % 97);
}

/** What was seen in a window. @param window from 0 */
export function windowOf({ node, startUnixMs }: NodeTraffic, window: number): WindowContent {
  const start = startUnixMs + window * windowMs;
  const records = Array.from({ length: edges }, (_, edge): FlowRecord => {
    const established = connectionsOf(node, window, edge);
    const remote = parseAddress(`203.0.113.${edge + 1}`);
    if (remote === null) throw new Error('not an address');
    return {
      pod: { namespace: 'shop', name: `pod-${node}`, uid: `uid-${node}` },
      role: 'client',
      directionBy: 'handshake',
      remote,
      port: 443,
      protocol: 'TCP',
      seenAs: null,
      remoteName: null,
      counters: { ...zeroCounters(), attempts: established, established },
      drops: {},
      firstSeenUnixMs: start,
      lastSeenUnixMs: start + windowMs,
    };
  });
  return { window: { startUnixMs: start, endUnixMs: start + windowMs }, losses: {}, rows: columnsOf(records) };
}

/** Connections of each edge over all windows, by `pod address`: what the graph has to add up to. */
export function sumsOf({ node, windows }: NodeTraffic): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (let edge = 0; edge < edges; edge++) {
    let sum = 0;
    for (let window = 0; window < windows; window++) sum += connectionsOf(node, window, edge);
    sums.set(`pod-${node} 203.0.113.${edge + 1}`, sum);
  }
  return sums;
}
