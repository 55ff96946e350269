import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { Backoff } from '../../core/backoff.ts';
import type { Edge } from '../../core/edge.ts';
import { decodeEdge } from '../../proto/convert-edge.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { guessNote, isGuess, portText } from '../port-text.ts';
import type { Terminal } from '../terminal.ts';
import { bytesText, endsText, plural, printable, verdictText } from '../text.ts';

function showEdges(terminal: Terminal, output: string, window: wire.FollowResponse, edges: readonly Edge[]): void {
  const time = new Date(window.windowEndUnixMs).toISOString();
  for (const edge of edges) {
    if (output !== 'table') terminal.data(`${JSON.stringify({ node: window.node, time, ...edge })}\n`);
    else {
      const cells = [
        time.slice(11, 19),
        window.node,
        endsText(edge),
        portText(edge),
        verdictText(edge),
        `${bytesText(edge.merged.counters.bytesToServer)} / ${bytesText(edge.merged.counters.bytesToClient)}`,
      ].map(printable);
      terminal.print(`${cells.join('  ')}\n`);
    }
  }
}

function remarkOnGaps(terminal: Terminal, { skippedWindows, resumeLost }: wire.FollowResponse): void {
  if (resumeLost)
    terminal.remark('! what came while the connection was broken is not kept any more: some may be missing');
  if (skippedWindows > 0) {
    terminal.remark(`! ${plural(skippedWindows, 'window')} left out: this terminal reads too slowly`);
  }
}

/** Whether it may be another time: the aggregator is gone, stops, or has too many callers. */
function mayReturn(error: unknown): boolean {
  const code = (error as { readonly code?: unknown }).code;
  return code === status.UNAVAILABLE || code === status.RESOURCE_EXHAUSTED || code === status.INTERNAL;
}

/**
 * Prints each window's flows as they are committed, until the aggregator has no more. Where the connection breaks it is
 * made again, and goes on behind the last window that was printed. Rejects when it cannot begin, or not go on.
 */
export async function follow(
  connection: Connection,
  terminal: Terminal,
  asked: Pick<wire.FollowRequest, 'cluster' | 'scope' | 'filter'>,
  output: string,
): Promise<void> {
  const backoff = new Backoff(500, 30_000, Math.random);
  let resumeToken = '';
  let explained = output !== 'table';
  let hasBegun = false;
  for (;;) {
    const stream = connection.query.follow({ ...asked, resumeToken });
    stream.once('metadata', () => {
      hasBegun = true;
      backoff.reset();
    });
    try {
      for await (const window of stream as AsyncIterable<wire.FollowResponse>) {
        const edges = window.edges.map(decodeEdge);
        remarkOnGaps(terminal, window);
        showEdges(terminal, output, window, edges);
        resumeToken = window.resumeToken;
        if (!explained && edges.some(isGuess)) {
          terminal.remark(guessNote);
          explained = true;
        }
        await terminal.drained();
      }
      return;
    } catch (error) {
      if (!hasBegun || !mayReturn(error)) throw error;
      terminal.remark('! the connection is broken; trying again');
      await sleep(backoff.next());
    }
  }
}
