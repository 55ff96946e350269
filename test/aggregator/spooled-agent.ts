import { pino } from 'pino';
import type { Test } from 'tap';
import { Exporter } from '../../agent/export/exporter.ts';
import { connect } from '../../proto/services.ts';
import { anyStatus, call, noState, openSpool, windowOf } from '../agent/spools.ts';
import { everything, type Running } from './running.ts';
import { eagerExporter } from '../agent/exporter-options.ts';

export interface AgentOptions {
  readonly folder: string;
  readonly node?: string;
  /** What the agent takes for the time at its start. */
  readonly clockUnixMs: number;
}

/** An agent's spool and exporter as they are after a start. @param to asked for each stream anew */
export function startAgent(t: Test, to: () => Running, { folder, node = 'n1', clockUnixMs }: AgentOptions) {
  const spool = openSpool(folder, clockUnixMs);
  const options = { ...eagerExporter, node };
  const connection = () => connect(to().aggregator.addresses[0] as string);
  const exporter = new Exporter(connection, spool, options, () => anyStatus, pino({ level: 'silent' }));
  t.teardown(() => exporter.stop());
  exporter.start();
  /** Resolves when windows are committed, each with one connection. */
  const send = async (from: number, to: number) => {
    for (let window = from; window <= to; window++) spool.append(windowOf(window, [call(80)]), noState);
    exporter.pump();
    while (spool.pending.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { spool, exporter, send };
}

/** What an aggregator answers about all that such agents have sent. */
export async function told({ connection }: Running) {
  const { edges, coverage } = await connection.query.listEdges(everything);
  const connections = edges.reduce((sum, { merged }) => sum + (merged?.counters?.established ?? 0), 0);
  return { connections, windows: coverage?.windows, losses: coverage?.losses };
}
