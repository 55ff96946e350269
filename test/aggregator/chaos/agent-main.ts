/* An agent without a kernel: its spool and its exporter, and windows that are made up. It may be killed at any moment. */
import { pino } from 'pino';
import { Exporter } from '../../../agent/export/exporter.ts';
import { Spool } from '../../../agent/spool/spool.ts';
import { defaultLimits } from '../../../proto/limits.ts';
import { connect } from '../../../proto/services.ts';
import { anyStatus } from '../../agent/spools.ts';
import { type NodeTraffic, windowOf } from './ledger.ts';

const [folder, address, trafficJson] = process.argv.slice(2) as [string, string, string];
const traffic = JSON.parse(trafficJson) as NodeTraffic;
const windowEveryMs = 8;

const spool = new Spool(folder, { maxBytes: 1 << 26, limits: defaultLimits, random: Math.random }, Date.now());
// As the real agent keeps the state of its counters with each batch: which window comes next.
let window = spool.state === null ? 0 : Number(spool.state.toString());
const exporter = new Exporter(
  () => connect(address, { 'grpc.initial_reconnect_backoff_ms': 50, 'grpc.max_reconnect_backoff_ms': 200 }),
  spool,
  {
    cluster: 'demo',
    node: `n${traffic.node}`,
    version: 'test',
    firstRetryMs: 20,
    longestRetryMs: 200,
    answerWithinMs: 10_000,
  },
  () => anyStatus,
  pino({ level: 'silent' }),
);
exporter.start();
let told = 0;
setInterval(() => {
  if (window < traffic.windows) {
    spool.append(windowOf(traffic, window), Buffer.from(String(window + 1)));
    window++;
    exporter.pump();
  }
  const { acknowledged, pending, droppedBatches } = spool.ledger;
  if (droppedBatches > 0) throw new Error(`${droppedBatches} batches were given up`);
  if (acknowledged > told) process.stdout.write(`${acknowledged - told}\n`);
  told = acknowledged;
  if (window === traffic.windows && pending === 0) process.exit(0);
}, windowEveryMs);
