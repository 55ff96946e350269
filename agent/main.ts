import { pino } from 'pino';
import { messageOf, WeirError } from '../core/errors.ts';
import { systemClock } from '../core/time.ts';
import { version } from '../core/version.ts';
import { connect } from '../proto/services.ts';
import { Agent, type AgentParts, statusOf } from './agent.ts';
import { type AgentConfig, readConfig } from './config.ts';
import { Exporter } from './export/exporter.ts';
import { Fold } from './fold/fold.ts';
import { Interfaces } from './identity/interfaces.ts';
import { agentRegistry, serveMetrics } from './metrics.ts';
import { KernelSource } from './source/kernel.ts';
import { Spool } from './spool/spool.ts';

/** Longer than conntrack keeps a UDP conversation that pauses. */
const idleMs = 300_000;
const rescanMs = 10_000;
const maxHeldEdges = 65_536;
const firstRetryMs = 500;
const longestRetryMs = 15_000;

async function run(config: AgentConfig): Promise<void> {
  const log = pino({ level: config.logLevel, base: { component: 'agent', node: config.node } }, pino.destination(2));
  const { cluster, node, windowMs, holdMs, maxEdges } = config;
  const spool = new Spool(config.spool, config.spoolMaxBytes, systemClock.now());
  const source = new KernelSource({
    maxSocketEdges: maxEdges,
    maxPacketEdges: maxEdges,
    maxDropEdges: maxEdges,
    maxInterfaces: config.maxInterfaces,
    idleMs,
  });
  for (const { name, active, reason } of source.features) {
    if (!active) log.warn({ feature: name, reason }, 'the kernel does not offer this feature');
  }
  const rememberMs = idleMs + windowMs + holdMs;
  const interfaces = new Interfaces(
    source,
    { cniResults: config.cniResults, rescanMs, rememberMs },
    systemClock,
    log.child({ part: 'identity' }),
  );
  const fold = new Fold((scope) => interfaces.podOf(scope), holdMs, maxHeldEdges);
  const parts: AgentParts = { source, interfaces, fold, spool, clock: systemClock, log };
  const exporter = new Exporter(
    connect(config.aggregator),
    spool,
    { cluster, node, version, firstRetryMs, longestRetryMs },
    () => statusOf(parts),
    log.child({ part: 'export' }),
  );
  const agent = new Agent(parts, exporter, windowMs);
  const metrics =
    config.metricsListen === null
      ? null
      : await serveMetrics(agentRegistry({ ...parts, exporter }), config.metricsListen);
  const stop = (signal: NodeJS.Signals) => {
    log.info({ signal }, 'stopping');
    agent.stop();
    interfaces.stop();
    source.close();
    metrics?.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  interfaces.start();
  agent.start();
  log.info({ interfaces: interfaces.attached.length, windowMs }, 'watching');
}

try {
  const config = readConfig(process.argv.slice(2), (text) => process.stdout.write(text));
  if (config !== null) await run(config);
} catch (error) {
  process.stderr.write(`weir-agent: ${messageOf(error)}\n`);
  process.exitCode = error instanceof WeirError ? error.exitStatus : 1;
}
