import { once } from 'node:events';
import type { Edge } from '../../core/edge.ts';
import { entityLabel } from '../../core/identity.ts';
import { verdicts } from '../../core/verdict.ts';
import { WeirError } from '../../core/errors.ts';
import { decodeEdge } from '../../proto/convert-edge.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { deadline } from '../aggregator.ts';
import { coverageWarnings } from '../coverage.ts';
import { rangeOf, type ScopeOptions, scopeOf } from '../question.ts';
import { type Cell, renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { guessNote, isGuess, portText } from '../port-text.ts';
import {
  ageText,
  bytesText,
  endsText,
  plural,
  printable,
  rttText,
  servicesText,
  serverText,
  verdictText,
} from '../text.ts';

export interface FlowsOptions extends ScopeOptions {
  readonly follow: boolean;
  readonly verdict?: string;
  readonly output: string;
}

function row(terminal: Terminal, edge: Edge, now: number): Cell[] {
  const { client, merged, verdict, protocol } = edge;
  const { established, attempts, packetsToServer } = merged.counters;
  const times = protocol === 'TCP' || protocol === 'SCTP' ? Math.max(established, attempts) : packetsToServer;
  return [
    entityLabel(client),
    serverText(edge),
    portText(edge),
    servicesText(edge),
    terminal.verdict(verdict, printable(verdictText(edge))),
    String(times),
    bytesText(merged.counters.bytesToServer),
    bytesText(merged.counters.bytesToClient),
    rttText(merged),
    ageText(merged.lastSeenUnixMs, now),
  ];
}

const headings = [
  'CLIENT',
  'SERVER',
  'PORT',
  'SERVICE',
  'VERDICT',
  'TIMES',
  'TO SERVER',
  'TO CLIENT',
  'RTT',
  'LAST SEEN',
];

function wanted({ verdict }: FlowsOptions): (edge: Edge) => boolean {
  if (verdict === undefined) return () => true;
  if (!verdicts.some((each) => each === verdict)) {
    throw new WeirError('USAGE', `--verdict ${verdict}: give one of ${verdicts.join(', ')}`);
  }
  return (edge) => edge.verdict === verdict;
}

async function list(connection: Connection, terminal: Terminal, options: FlowsOptions): Promise<void> {
  const now = Date.now();
  const asked = { cluster: options.cluster, scope: scopeOf(options), range: rangeOf(options, now) };
  const keep = wanted(options);
  const { edges: messages, coverage } = await connection.query.listEdges(asked, deadline());
  const edges = messages.map(decodeEdge).filter(keep);
  if (options.output === 'jsonl') {
    for (const edge of edges) terminal.data(`${JSON.stringify(edge)}\n`);
    for (const warning of coverageWarnings(coverage)) terminal.remark(`! ${warning}`);
    return;
  }
  if (printData(terminal, options.output, edges)) return;
  terminal.print(
    renderTable(
      headings,
      edges.map((edge) => row(terminal, edge, now)),
    ),
  );
  if (edges.length === 0) terminal.remark('no flows match');
  if (edges.some(isGuess)) terminal.remark(guessNote);
  for (const warning of coverageWarnings(coverage)) terminal.remark(`! ${warning}`);
}

function showWindow(terminal: Terminal, format: string, window: wire.FollowResponse, edges: readonly Edge[]) {
  if (window.skippedWindows > 0) {
    terminal.remark(`! ${plural(window.skippedWindows, 'window')} left out: this terminal reads too slowly`);
  }
  const time = new Date(window.windowEndUnixMs).toISOString();
  for (const edge of edges) {
    if (format === 'json') terminal.data(`${JSON.stringify({ node: window.node, time, ...edge })}\n`);
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

async function follow(connection: Connection, terminal: Terminal, options: FlowsOptions): Promise<void> {
  if (options.output === 'yaml') throw new WeirError('USAGE', '--follow prints a table or, with -o json, a line each');
  if (options.since !== undefined) throw new WeirError('USAGE', '--follow begins now; leave out --since');
  const keep = wanted(options);
  const stream = connection.query.follow({ cluster: options.cluster, scope: scopeOf(options) });
  let explained = options.output === 'json';
  stream.on('data', (window: wire.FollowResponse) => {
    const edges = window.edges.map(decodeEdge).filter(keep);
    showWindow(terminal, options.output, window, edges);
    if (explained || !edges.some(isGuess)) return;
    terminal.remark(guessNote);
    explained = true;
  });
  // Rejects when the stream emits an error.
  await once(stream, 'end');
}

/** Who talks to whom, as rows; with --follow each window's as they are committed. */
export function flows(connection: Connection, terminal: Terminal, options: FlowsOptions): Promise<void> {
  return options.follow ? follow(connection, terminal, options) : list(connection, terminal, options);
}
