import { hostname } from 'node:os';
import { Command, CommanderError, Option } from 'commander';
import { WeirError } from '../core/errors.ts';
import { type Milliseconds, parseDuration } from '../core/time.ts';
import { version } from '../core/version.ts';

export interface AgentConfig {
  readonly cluster: string;
  readonly node: string;
  /** gRPC address: host:port or unix:/path. */
  readonly aggregator: string;
  readonly cniResults: string;
  readonly spool: string;
  readonly spoolMaxBytes: number;
  readonly windowMs: Milliseconds;
  readonly holdMs: Milliseconds;
  readonly maxEdges: number;
  readonly maxInterfaces: number;
  /** host:port; null turns metrics off. */
  readonly metricsListen: string | null;
  readonly logLevel: string;
}

const mebibyte = 1024 * 1024;
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

function invalid(flag: string, value: string, wanted: string): WeirError {
  return new WeirError('CONFIG_INVALID', `--${flag} ${value}: ${wanted}`);
}

function duration(flag: string): (text: string) => Milliseconds {
  return (text) => {
    const ms = parseDuration(text);
    if (ms === null || ms === 0) throw invalid(flag, text, 'give a length of time such as 500ms, 5s or 1m');
    return ms;
  };
}

function count(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < 1) throw invalid(flag, text, 'give a whole number from 1');
    return value;
  };
}

function option(flags: string, description: string, env: string): Option {
  return new Option(flags, description).env(env);
}

/** Reads flags, and for those not given WEIR_* of the environment. @throws WeirError CONFIG_INVALID, USAGE */
export function readConfig(argv: readonly string[], write: (text: string) => void): AgentConfig | null {
  const command = new Command('weir-agent')
    .description('Watches the pods of one node through eBPF and sends what it sees to the aggregator.')
    .version(version)
    .addOption(option('--cluster <name>', 'name of the cluster', 'WEIR_CLUSTER').default('default'))
    .addOption(option('--node <name>', 'Kubernetes name of this node', 'WEIR_NODE').default(hostname(), 'host name'))
    .addOption(option('--aggregator <address>', 'host:port or unix:/path', 'WEIR_AGGREGATOR').default('127.0.0.1:7280'))
    .addOption(
      option('--cni-results <dir>', "libcni's result cache", 'WEIR_CNI_RESULTS').default('/var/lib/cni/results'),
    )
    .addOption(option('--spool <dir>', 'batches not yet acknowledged', 'WEIR_SPOOL').default('/var/lib/weir/spool'))
    .addOption(
      option('--spool-max-mib <n>', 'bound of the spool', 'WEIR_SPOOL_MAX_MIB')
        .argParser(count('spool-max-mib'))
        .default(64),
    )
    .addOption(
      option('--window <time>', 'length of one report', 'WEIR_WINDOW')
        .argParser(duration('window'))
        .default(15_000, '15s'),
    )
    .addOption(
      option('--hold <time>', 'how long a flow may wait for the name of its pod', 'WEIR_HOLD')
        .argParser(duration('hold'))
        .default(30_000, '30s'),
    )
    .addOption(
      option('--max-edges <n>', "bound of each of the kernel's edge maps", 'WEIR_MAX_EDGES')
        .argParser(count('max-edges'))
        .default(65_536),
    )
    .addOption(
      option('--max-interfaces <n>', 'bound of watched pod interfaces', 'WEIR_MAX_INTERFACES')
        .argParser(count('max-interfaces'))
        .default(4096),
    )
    .addOption(option('--metrics-listen <address>', 'host:port for /metrics', 'WEIR_METRICS_LISTEN'))
    .addOption(option('--log-level <level>', 'least level to log', 'WEIR_LOG_LEVEL').choices(logLevels).default('info'))
    .configureOutput({ writeOut: write, writeErr: () => undefined })
    .exitOverride();
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw new WeirError('USAGE', `${error.message.replace(/^error: /, '')}; see --help`);
  }
  const options = command.opts<{
    cluster: string;
    node: string;
    aggregator: string;
    cniResults: string;
    spool: string;
    spoolMaxMib: number;
    window: Milliseconds;
    hold: Milliseconds;
    maxEdges: number;
    maxInterfaces: number;
    metricsListen?: string;
    logLevel: string;
  }>();
  const { spoolMaxMib, window, hold, metricsListen, ...rest } = options;
  return {
    ...rest,
    spoolMaxBytes: spoolMaxMib * mebibyte,
    windowMs: window,
    holdMs: hold,
    metricsListen: metricsListen ?? null,
  };
}
