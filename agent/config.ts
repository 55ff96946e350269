import { hostname } from 'node:os';
import { Command, CommanderError, Option } from 'commander';
import { staysOnMachine } from '../core/address.ts';
import { WeirError } from '../core/errors.ts';
import { type Milliseconds, parseDuration } from '../core/time.ts';
import { version } from '../core/version.ts';
import type { CertificatePaths } from '../tls/certificate-files.ts';
import { allCnis } from './identity/cni/all.ts';
import type { ResolverOptions } from './identity/resolver.ts';
import { type FeatureName, featureNames } from './source/features.ts';

export interface AgentConfig {
  readonly cluster: string;
  readonly node: string;
  /** gRPC address: host:port or unix:/path. */
  readonly aggregator: string;
  /** Where the names of this node's pods come from. */
  readonly identity: Omit<ResolverOptions, 'answerMs'>;
  /** File; null for the service account, if there is one. */
  readonly kubeconfig: string | null;
  /** Of the kubeconfig; null for its current one. */
  readonly kubeContext: string | null;
  readonly spool: string;
  readonly spoolMaxBytes: number;
  readonly windowMs: Milliseconds;
  readonly holdMs: Milliseconds;
  readonly maxEdges: number;
  readonly maxInterfaces: number;
  /** Folder in a BPF file system. */
  readonly pins: string;
  readonly removePins: boolean;
  readonly overflowRingBytes: number;
  readonly without: readonly FeatureName[];
  /** host:port; null turns metrics off. */
  readonly metricsListen: string | null;
  /** Files in PEM that tell the aggregator's authority, and prove this node. */
  readonly tls: CertificatePaths;
  /** The name in the aggregator's certificate; null for the one in its address. */
  readonly tlsServerName: string | null;
  /** File with the token of this pod; null where it is not what proves the node. */
  readonly tokenFile: string | null;
  readonly logLevel: string;
}

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const cniNames = ['auto', ...allCnis.map(({ name }) => name)];
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

/** A ring buffer is a power of two, and at least a page. */
function ringKib(text: string): number {
  const value = Number(text);
  const power = Number.isSafeInteger(value) && Number.isInteger(Math.log2(value));
  if (!power || value < 4 || value > 1_048_576) {
    throw invalid('overflow-ring-kib', text, 'give a power of two from 4 to 1048576');
  }
  return value;
}

function features(text: string): FeatureName[] {
  return text.split(',').map((name) => {
    const known = featureNames.find((each) => each === name.trim());
    if (known === undefined) throw invalid('without', text, `give some of ${featureNames.join(',')}`);
    return known;
  });
}

function onOff(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw invalid('dns-names', text, 'give on or off');
  return text === 'on';
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
    .addOption(option('--cni <name>', 'the CNI of this node, or auto', 'WEIR_CNI').choices(cniNames).default('auto'))
    .addOption(
      option('--cni-results <dirs>', "libcni's result caches", 'WEIR_CNI_RESULTS').default(
        '/var/lib/cni/results,/var/lib/cni/cache/results',
      ),
    )
    .addOption(option('--cni-conf <dir>', 'CNI configuration', 'WEIR_CNI_CONF').default('/etc/cni/net.d'))
    .addOption(option('--cri <path>', "the container runtime's socket, or auto", 'WEIR_CRI').default('auto'))
    .addOption(option('--ovsdb <path>', 'socket of ovsdb-server', 'WEIR_OVSDB').default('/var/run/openvswitch/db.sock'))
    .addOption(option('--cilium <dir>', "Cilium's run directory", 'WEIR_CILIUM').default('/var/run/cilium'))
    .addOption(
      option('--kubeconfig <file>', 'access to the Kubernetes API, in place of the service account', 'WEIR_KUBECONFIG'),
    )
    .addOption(
      option(
        '--kube-context <name>',
        'which context of --kubeconfig, in place of its current one',
        'WEIR_KUBE_CONTEXT',
      ),
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
    .addOption(
      option(
        '--pins <dir>',
        'where capture is kept while the agent restarts, in a BPF file system',
        'WEIR_PINS',
      ).default('/sys/fs/bpf/weir'),
    )
    .addOption(new Option('--remove-pins', 'detach everything that an agent left there, and end').default(false))
    .addOption(
      option('--overflow-ring-kib <n>', 'room for events of edges that found their map full', 'WEIR_OVERFLOW_RING_KIB')
        .argParser(ringKib)
        .default(4096),
    )
    .addOption(
      option('--dns-names <on|off>', 'learn names of external peers from DNS answers to pods', 'WEIR_DNS_NAMES')
        .argParser(onOff)
        .default(true, 'on'),
    )
    .addOption(
      option('--without <features>', `do without some of ${featureNames.join(',')}`, 'WEIR_WITHOUT')
        .argParser(features)
        .default([], 'none'),
    )
    .addOption(option('--metrics-listen <address>', 'host:port for /metrics', 'WEIR_METRICS_LISTEN'))
    .addOption(option('--tls-ca <file>', "authority of the aggregator's certificate, in PEM", 'WEIR_TLS_CA'))
    .addOption(option('--tls-cert <file>', 'certificate that proves this node, with its chain', 'WEIR_TLS_CERT'))
    .addOption(option('--tls-key <file>', 'its key', 'WEIR_TLS_KEY'))
    .addOption(option('--tls-server-name <name>', "name in the aggregator's certificate", 'WEIR_TLS_SERVER_NAME'))
    .addOption(option('--token-file <file>', 'token of this pod, that proves its node', 'WEIR_TOKEN_FILE'))
    .addOption(option('--insecure-transport', 'plain text also beyond this machine', 'WEIR_INSECURE').default(false))
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
    cni: string;
    cniResults: string;
    cniConf: string;
    cri: string;
    ovsdb: string;
    cilium: string;
    kubeconfig?: string;
    kubeContext?: string;
    spool: string;
    spoolMaxMib: number;
    window: Milliseconds;
    hold: Milliseconds;
    maxEdges: number;
    maxInterfaces: number;
    pins: string;
    removePins: boolean;
    overflowRingKib: number;
    dnsNames: boolean;
    without: FeatureName[];
    metricsListen?: string;
    logLevel: string;
    tlsCa?: string;
    tlsCert?: string;
    tlsKey?: string;
    tlsServerName?: string;
    tokenFile?: string;
    insecureTransport: boolean;
  }>();
  checkTransport(options);
  if (options.kubeContext !== undefined && options.kubeconfig === undefined)
    throw new WeirError('CONFIG_INVALID', '--kube-context: needs the --kubeconfig that it is in');
  const { spoolMaxMib, window, hold, metricsListen, overflowRingKib, dnsNames, without, ...others } = options;
  const { cni, cniResults, cniConf, cri, ovsdb, cilium, kubeconfig, kubeContext, ...further } = others;
  const { tlsCa, tlsCert, tlsKey, tlsServerName, tokenFile, insecureTransport: _, ...rest } = further;
  return {
    ...rest,
    identity: {
      cni: cni === 'auto' ? null : cni,
      cniResults: cniResults.split(','),
      cniConfiguration: cniConf,
      cri: cri === 'auto' ? null : cri,
      ovsdb,
      cilium,
    },
    without: dnsNames ? without : [...without, 'dns-names'],
    overflowRingBytes: overflowRingKib * kibibyte,
    spoolMaxBytes: spoolMaxMib * mebibyte,
    windowMs: window,
    holdMs: hold,
    metricsListen: metricsListen ?? null,
    kubeconfig: kubeconfig ?? null,
    kubeContext: kubeContext ?? null,
    tls: { ca: tlsCa ?? null, cert: tlsCert ?? null, key: tlsKey ?? null },
    tlsServerName: tlsServerName ?? null,
    tokenFile: tokenFile ?? null,
  };
}

interface Transport {
  readonly aggregator: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tokenFile?: string;
  readonly insecureTransport: boolean;
}

/** Plain text must have been asked for where it can leave the machine. @throws WeirError CONFIG_INVALID */
function checkTransport({ aggregator, tlsCa, tlsCert, tlsKey, tokenFile, insecureTransport }: Transport): void {
  const refuse = (what: string) => {
    throw new WeirError('CONFIG_INVALID', what);
  };
  if ((tlsCert === undefined) !== (tlsKey === undefined)) refuse('--tls-cert and --tls-key: give both or none');
  if (tlsCa === undefined) {
    if (tlsCert !== undefined || tokenFile !== undefined)
      refuse('--tls-ca: say by which authority to know the aggregator');
    if (insecureTransport || staysOnMachine(aggregator)) return;
    refuse(`--aggregator ${aggregator}: give --tls-ca, or --insecure-transport to do without`);
  }
  if (insecureTransport) refuse('--insecure-transport and --tls-ca: give one of them');
  if (tlsCert === undefined && tokenFile === undefined) {
    refuse('--tls-ca: say how this node is proven, with --tls-cert and --tls-key or --token-file');
  }
}
