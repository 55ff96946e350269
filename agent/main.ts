import { readFile } from 'node:fs/promises';
import { deserialize } from 'node:v8';
import { type Logger, pino } from 'pino';
import { staysOnMachine } from '../core/address.ts';
import { messageOf, WeirError } from '../core/errors.ts';
import { systemClock } from '../core/time.ts';
import { version } from '../core/version.ts';
import { openAccess } from '../kube/open-access.ts';
import { systemPace } from '../kube/pace.ts';
import { defaultLimits } from '../proto/limits.ts';
import { connect, type Connection } from '../proto/services.ts';
import { CertificateFiles } from '../tls/certificate-files.ts';
import { channelCredentials } from '../tls/grpc-credentials.ts';
import { Agent, type AgentParts, type AgentState, beginState, stateVersion, statusOf } from './agent.ts';
import { claimNode } from './alone.ts';
import { type AgentConfig, readConfig } from './config.ts';
import { Exporter } from './export/exporter.ts';
import { keepalive } from './export/keepalive.ts';
import { Fold } from './fold/fold.ts';
import { ApiNodePods } from './identity/api-node-pods.ts';
import { Interfaces } from './identity/interfaces.ts';
import { noNodePods, type NodePodsSource } from './identity/node-pods.ts';
import { agentRegistry, serveMetrics } from './metrics.ts';
import { Names } from './names/names.ts';
import { excessCapabilities, restartRestricted } from './privileges.ts';
import { KernelSource, type KernelSourceOptions } from './source/kernel.ts';
import { Spool } from './spool/spool.ts';
import { Windows } from './spool/windows.ts';

/** Longer than conntrack keeps a UDP conversation that pauses. */
const idleMs = 300_000;
const strangerWindows = 2;
const rescanMs = 10_000;
/** How long a runtime or a CNI may take to answer. */
const answerMs = 5000;
const maxHeldEdges = 65_536;
const firstRetryMs = 500;
const longestRetryMs = 15_000;
const answerWithinMs = 30_000;
/** As often as the aggregator asks. */
const keepaliveEveryMs = 30_000;
/** Longer than the longest answer that it works out in one go. */
const keepaliveWithinMs = 30_000;
const dnsRingBytes = 1 << 20;
const certificatesEveryMs = 10_000;

function sourceOptions(config: AgentConfig): KernelSourceOptions {
  const { maxEdges, maxInterfaces, overflowRingBytes, without, pins, window: windowMs } = config;
  const edges = { maxSocketEdges: maxEdges, maxPacketEdges: maxEdges, maxDropEdges: maxEdges };
  return {
    ...edges,
    maxInterfaces,
    overflowRingBytes,
    dnsRingBytes,
    idleMs,
    strangerMs: strangerWindows * windowMs,
    without,
    pins,
  };
}

/** What an earlier start kept with its last batch; null when there is none, or it is of another version. */
function earlierState(spool: Spool, log: Logger): AgentState | null {
  if (spool.state === null) return null;
  try {
    const state = deserialize(spool.state) as AgentState;
    if (state.version === stateVersion) return state;
    log.error({ version: state.version }, 'state of the last start is of another version');
  } catch (error) {
    log.error({ reason: messageOf(error) }, 'state of the last start cannot be read');
  }
  return null;
}

/** Gives up what is not needed, if there is anything: this process is then another, which goes on with what is kept. */
function restrict(source: KernelSource, keep: () => void, log: Logger): void {
  const has = (name: string) => source.features.some((feature) => feature.name === name && feature.active);
  const needsSysAdmin = !has('iterators');
  const excess = excessCapabilities(needsSysAdmin);
  if (excess === 0n) return;
  if (!has('pinning')) {
    log.warn({ capabilities: `0x${excess.toString(16)}` }, 'privileges are kept, because nothing can be pinned');
    return;
  }
  keep();
  source.close();
  restartRestricted(needsSysAdmin);
}

function logBeginning({ beginning }: KernelSource, log: Logger): void {
  const { origin, interrupted, sockets, untranslated, ms } = beginning;
  log.info({ origin }, origin === 'fresh' ? 'capture begins' : 'capture of an earlier start goes on');
  if (interrupted) log.error('what an earlier start saw since its last window is lost');
  if (sockets > 0) log.info({ sockets, ms: Math.round(ms * 10) / 10 }, 'found sockets that were open already');
  if (untranslated !== '') {
    log.warn({ reason: untranslated }, 'connections that are open through a Service are shown with its address');
  }
}

async function openNodePods(
  { kubeconfig, kubeContext, node, spool }: AgentConfig,
  log: Logger,
): Promise<NodePodsSource> {
  const access = await openAccess(kubeconfig, kubeContext);
  if (access === null) return noNodePods;
  return new ApiNodePods({ access, node, folder: spool, pace: systemPace, log: log.child({ part: 'kube' }) });
}

/** The files that connections are opened with; null for plain text. @throws WeirError TLS_CERTIFICATE */
async function openCertificates({ aggregator, tls }: AgentConfig, log: Logger): Promise<CertificateFiles | null> {
  if (tls.ca !== null) return await CertificateFiles.open(tls, certificatesEveryMs, log);
  if (!staysOnMachine(aggregator)) log.warn({ aggregator }, 'what is sent to the aggregator can be read on its way');
  return null;
}

/** Opens a connection as the configuration says: with what the files hold at that moment. */
function connector(config: AgentConfig, files: CertificateFiles | null): () => Connection {
  const { aggregator, tlsServerName, tokenFile } = config;
  const alive = keepalive(keepaliveEveryMs, keepaliveWithinMs);
  if (files === null) return () => connect(aggregator, alive);
  const token = tokenFile === null ? null : async () => (await readFile(tokenFile, 'utf8')).trim();
  const name = tlsServerName === null ? {} : { 'grpc.ssl_target_name_override': tlsServerName };
  return () => connect(aggregator, { ...alive, ...name }, channelCredentials(files, token));
}

async function run(config: AgentConfig): Promise<void> {
  const standardError = pino.destination(2);
  const log = pino({ level: config.logLevel, base: { component: 'agent', node: config.node } }, standardError);
  const { cluster, node, window: windowMs, hold: holdMs } = config;
  await claimNode(config.pins);
  const spoolOptions = { maxBytes: config.spoolMaxBytes, limits: defaultLimits, random: Math.random };
  const spool = new Spool(config.spool, spoolOptions, systemClock.now());
  const state = earlierState(spool, log);
  const source = new KernelSource(sourceOptions(config), state?.source ?? null);
  logBeginning(source, log);
  const rememberMs = idleMs + windowMs + holdMs;
  const nodePods = await openNodePods(config, log);
  const interfaces = new Interfaces(
    source,
    { ...config.identity, answerMs, rescanMs, rememberMs },
    nodePods,
    (scope) => {
      agent.endWindow();
      fold.close(scope);
    },
    systemClock,
    log.child({ part: 'identity' }),
  );
  const podOf = interfaces.podOf.bind(interfaces);
  const names = new Names(podOf, holdMs);
  const fold = new Fold(podOf, names.nameOf.bind(names), holdMs, maxHeldEdges);
  if (state !== null && !source.beginning.interrupted) {
    interfaces.restore(state.interfaces);
    fold.restore(state.fold);
  }
  const windows = new Windows(spool, defaultLimits.maxRows, log.child({ part: 'spool' }));
  const parts: AgentParts = { source, interfaces, nodePods, names, fold, spool, windows, clock: systemClock, log };
  const keep = () => {
    beginState(parts);
    standardError.flushSync();
  };
  restrict(source, keep, log);
  nodePods.start();
  const features = nodePods === noNodePods ? [...source.features, nodePods.feature] : source.features;
  for (const { name, active, reason } of features) {
    if (!active) log.warn({ feature: name, reason }, 'feature is off');
  }
  const certificates = await openCertificates(config, log.child({ part: 'tls' }));
  const exporter = new Exporter(
    connector(config, certificates),
    spool,
    { cluster, node, version, firstRetryMs, longestRetryMs, answerWithinMs },
    () => statusOf(parts, { windowMs, certificate: certificates?.validity ?? null }),
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
    nodePods.close();
    source.close();
    metrics?.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  agent.start();
  await interfaces.start();
  log.info({ interfaces: interfaces.attached.length, windowMs }, 'watching');
}

/** Ends capture on this node: detaches everything and removes what is pinned. */
async function removePins(config: AgentConfig): Promise<void> {
  await claimNode(config.pins);
  const source = new KernelSource(sourceOptions(config), null);
  source.removePins();
  source.close();
}

try {
  const config = await readConfig(process.argv.slice(2), (text) => process.stdout.write(text));
  if (config?.removePins) await removePins(config);
  else if (config !== null) await run(config);
} catch (error) {
  process.stderr.write(`weir-agent: ${messageOf(error)}\n`);
  process.exitCode = error instanceof WeirError ? error.exitStatus : 1;
}
