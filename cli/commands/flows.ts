import type { Edge } from '../../core/edge.ts';
import { type EdgeOrder, timesOf } from '../../core/edge-order.ts';
import { WeirError } from '../../core/errors.ts';
import { entityLabel } from '../../core/identity.ts';
import { wireEdgeOrder } from '../../proto/names.ts';
import type { Connection } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { coverageWarnings } from '../coverage.ts';
import { allEdges, edgePages } from '../edge-pages.ts';
import { readFilter, withVerdict } from '../filter.ts';
import { rangeOf, type ScopeOptions, scopeOf } from '../question.ts';
import { type Cell, renderTable } from '../table.ts';
import { printData, type Terminal } from '../terminal.ts';
import { guessNote, isGuess, portText } from '../port-text.ts';
import { ageText, bytesText, printable, rttText, servicesText, serverText, verdictText } from '../text.ts';
import { follow } from './follow.ts';

export interface FlowsOptions extends ScopeOptions {
  readonly follow: boolean;
  readonly verdict?: string;
  readonly limit?: string;
  readonly order: EdgeOrder;
  readonly output: string;
}

function row(terminal: Terminal, edge: Edge, now: number): Cell[] {
  const { client, merged, verdict } = edge;
  return [
    entityLabel(client),
    serverText(edge),
    portText(edge),
    servicesText(edge),
    terminal.verdict(verdict, printable(verdictText(edge))),
    String(timesOf(edge)),
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

/** @throws WeirError USAGE */
function limitOf({ limit }: FlowsOptions): number {
  if (limit === undefined) return Infinity;
  if (/^[1-9]\d{0,8}$/.test(limit)) return Number(limit);
  throw new WeirError('USAGE', `--limit ${limit}: give a number from 1`);
}

function remarkOnCoverage(terminal: Terminal, coverage: wire.Coverage | null): void {
  for (const warning of coverageWarnings(coverage)) terminal.remark(`! ${warning}`);
}

async function list(connection: Connection, terminal: Terminal, filter: string, options: FlowsOptions): Promise<void> {
  const now = Date.now();
  const { cluster, output } = options;
  const order = wireEdgeOrder[options.order];
  const asked = { cluster, scope: scopeOf(options), range: rangeOf(options, now), filter, order };
  const limit = limitOf(options);
  if (output === 'jsonl') {
    for await (const { edges } of edgePages(connection, asked, limit)) {
      terminal.data(edges.map((edge) => `${JSON.stringify(edge)}\n`).join(''));
      await terminal.drained();
    }
    return;
  }
  const { edges, coverage, totalEdges } = await allEdges(connection, asked, limit);
  if (printData(terminal, output, edges)) return;
  terminal.print(
    renderTable(
      headings,
      edges.map((edge) => row(terminal, edge, now)),
    ),
  );
  if (edges.length === 0) terminal.remark('no flows match');
  if (edges.length < totalEdges) terminal.remark(`the first ${edges.length} of ${totalEdges}`);
  if (edges.some(isGuess)) terminal.remark(guessNote);
  remarkOnCoverage(terminal, coverage);
}

/** Who talks to whom, as rows; with --follow each window's as they are committed. @param words the filter */
export async function flows(
  connection: Connection,
  terminal: Terminal,
  words: readonly string[],
  options: FlowsOptions,
): Promise<void> {
  const filter = withVerdict(readFilter(terminal, words), options.verdict);
  if (!options.follow) {
    await list(connection, terminal, filter, options);
    return;
  }
  const { cluster, output } = options;
  if (output === 'yaml') throw new WeirError('USAGE', '--follow prints a table or, with -o json, a line each');
  for (const name of ['since', 'limit'] as const) {
    if (options[name] !== undefined) throw new WeirError('USAGE', `--follow begins now; leave out --${name}`);
  }
  if (options.order !== 'ends') throw new WeirError('USAGE', '--follow prints windows as they come; leave out --order');
  await follow(connection, terminal, { cluster, scope: scopeOf(options), filter }, output);
}
