/* Agents without a kernel, of several nodes in one process: spools and exporters, and windows that are made up. */
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { Exporter } from '../../../agent/export/exporter.ts';
import { Spool } from '../../../agent/spool/spool.ts';
import { defaultLimits } from '../../../proto/limits.ts';
import { connect } from '../../../proto/services.ts';
import { CertificateFiles } from '../../../tls/certificate-files.ts';
import { channelCredentials } from '../../../tls/grpc-credentials.ts';
import { anyStatus } from '../../agent/spools.ts';
import { windowOf } from '../../aggregator/chaos/ledger.ts';
import type { FleetConfig } from './fleet.ts';

const windowEveryMs = 60;
const maxBytes = 1 << 24;

const config = JSON.parse(process.argv[2] ?? '') as FleetConfig;
const { cluster, address, serverName, authorityFile, startUnixMs } = config;
const log = pino({ level: 'silent' });
const authority = await CertificateFiles.open({ ca: authorityFile, cert: null, key: null }, 60_000, log);

const agents = config.agents.map(({ node, tokenFile, spoolFolder }) => {
  const credentials = channelCredentials(authority, async () => readFileSync(tokenFile, 'utf8'));
  const spool = new Spool(spoolFolder, { maxBytes, limits: defaultLimits, random: Math.random }, Date.now());
  // As the real agent keeps the state of its counters with each batch: which window comes next.
  let window = spool.state === null ? 0 : Number(spool.state.toString());
  const exporter = new Exporter(
    () => connect(address, { 'grpc.ssl_target_name_override': serverName }, credentials),
    spool,
    { cluster, node: `n${node}`, version: 'test', firstRetryMs: 50, longestRetryMs: 500, answerWithinMs: 10_000 },
    () => anyStatus,
    log,
  );
  exporter.start();
  const see = () => {
    spool.append(windowOf({ node, windows: 0, startUnixMs }, window), Buffer.from(String(window + 1)));
    window++;
    exporter.pump();
  };
  return { see, windows: () => window, ledger: () => spool.ledger };
});

let isStopping = false;
process.once('SIGTERM', () => {
  isStopping = true;
});
setInterval(() => {
  if (!isStopping) for (const { see } of agents) see();
  const ledgers = agents.map(({ ledger }) => ledger());
  if (ledgers.some(({ droppedBatches }) => droppedBatches > 0)) throw new Error('batches were given up');
  const acknowledged = ledgers.reduce((sum, ledger) => sum + ledger.acknowledged, 0);
  const pending = ledgers.reduce((sum, ledger) => sum + ledger.pending, 0);
  const windows = agents.map((agent) => agent.windows());
  process.stdout.write(`${JSON.stringify({ acknowledged, pending, windows })}\n`);
  if (isStopping && pending === 0) process.exit(0);
}, windowEveryMs);
