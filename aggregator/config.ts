import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { z } from 'zod';
import { type Cidr, parseCidr } from '../core/address.ts';
import { WeirError } from '../core/errors.ts';
import { type Milliseconds, parseDuration } from '../core/time.ts';
import { version } from '../core/version.ts';
import { checkTransport } from './check-transport.ts';
import { readTiers, type Tier } from './graph/tiers.ts';

const duration = z.string().transform((text, context): Milliseconds => {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  context.addIssue({ code: 'custom', message: 'give a length of time such as 500ms, 15s, 1h30m or 7d' });
  return z.NEVER;
});

const cidr = z.string().transform((text, context): Cidr => {
  const block = parseCidr(text);
  if (block !== null) return block;
  context.addIssue({ code: 'custom', message: 'give an address block such as 10.244.0.0/16' });
  return z.NEVER;
});

/** Where the state of a cluster is that is served besides the first. */
export interface AlsoCluster {
  readonly name: string;
  readonly from: 'kubeconfig' | 'files';
  /** File of the kubeconfig, or folder of the manifests. */
  readonly path: string;
  /** Of the kubeconfig; null for its current one. */
  readonly context: string | null;
}

const alsoCluster = z.string().transform((text, context): AlsoCluster => {
  const [, name, from, path] = /^([^=]+)=(kubeconfig|files):(.+)$/.exec(text) ?? [];
  if (name !== undefined && path !== undefined && from === 'files') return { name, from, path, context: null };
  const [, file, chosen = null] = /^([^#]+)(?:#(.+))?$/.exec(path ?? '') ?? [];
  if (name !== undefined && file !== undefined && from === 'kubeconfig')
    return { name, from, path: file, context: chosen };
  context.addIssue({ code: 'custom', message: 'give NAME=kubeconfig:FILE#CONTEXT or NAME=files:FOLDER' });
  return z.NEVER;
});

const tiers = z.string().transform((text, context): readonly Tier[] => {
  const read = readTiers(text);
  if (read.type === 'tiers') return read.tiers;
  context.addIssue({ code: 'custom', message: read.problem });
  return z.NEVER;
});

const listenAddress = z
  .string()
  .regex(/^(unix:\/.+|.+:\d{1,5})$/, 'give host:port, [v6 address]:port or unix:/absolute/path');

const count = z.coerce.number().int('give a whole number').min(1, 'give a number from 1');

const headerName = z.string().regex(/^[\w-]+$/, 'give the name of a header');

const basePath = z
  .string()
  .regex(/^\/?$|^(\/[\w.~-]+)+\/?$/, 'give a path such as /weir, of letters, digits and . _ ~ -')
  .transform((text) => text.replace(/\/$/, ''));

/** Beside the compiled aggregator. */
const builtUi = join(import.meta.dirname, '../ui');
const file = z.string().min(1, 'name a file in PEM');

const schema = z.object({
  listen: z.array(listenAddress).min(1),
  metricsListen: z.string().regex(/^.+:\d{1,5}$/, 'give host:port'),
  httpListen: z.string().regex(/^.+:\d{1,5}$/, 'give host:port'),
  httpBasePath: basePath,
  ui: z.string().min(1, 'name the folder of the web app'),
  database: z.string().min(1),
  synchronous: z.enum(['FULL', 'NORMAL']),
  cluster: z.string().min(1, 'give the name of the cluster'),
  clusterFiles: z.string().min(1, 'name the folder that holds the manifests of the cluster').optional(),
  kubeconfig: z.string().min(1, 'name a kubeconfig file').optional(),
  kubeContext: z.string().min(1, 'name a context of the kubeconfig').optional(),
  clusterWait: duration,
  alsoCluster: z.array(alsoCluster),
  podCidr: z.array(cidr),
  serviceCidr: z.array(cidr),
  keep: tiers,
  keepSightings: duration,
  tail: duration,
  remember: duration,
  identityWait: duration,
  maxEdges: count,
  maxSeries: count,
  maxAnswerEdges: count,
  maxAliases: count,
  maxBaselines: count,
  credits: count,
  maxUnderWay: count,
  maxStreams: count,
  maxDictionaryMb: count,
  tlsCert: file.optional(),
  tlsKey: file.optional(),
  tlsCa: file.optional(),
  agentAccount: z
    .string()
    .regex(/^[^/]+\/[^/]+$/, 'give namespace/name of a service account')
    .optional(),
  agentAudience: z.string().min(1),
  users: z.enum(['kubernetes', 'anyone']),
  proxySecretFile: z.string().min(1).optional(),
  proxyUserHeader: headerName,
  proxyGroupsHeader: headerName,
  insecureTransport: z.boolean(),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
});

export type AggregatorConfig = Readonly<z.infer<typeof schema>>;

/** A flag that may be given again, and in its environment variable as a list with commas. */
function list(option: Option): Option {
  const defaults = (option.defaultValue ?? []) as readonly string[];
  return option.argParser((value: string, previous: readonly string[]) => [
    ...(previous === defaults ? [] : previous),
    ...value.split(','),
  ]);
}

function command(): Command {
  const flag = (flags: string, description: string, key: string) => new Option(flags, description).env(`WEIR_${key}`);
  return new Command('weir-aggregator')
    .description('Takes in what the agents saw, keeps the workload graph and makes policies of it.')
    .version(version)
    .addOption(
      list(
        flag('--listen <address>', 'gRPC: host:port or unix:/path, may be given again', 'LISTEN').default([
          '127.0.0.1:7280',
        ]),
      ),
    )
    .addOption(
      flag('--metrics-listen <address>', '/metrics, /healthz, /readyz: host:port', 'METRICS_LISTEN').default(
        '127.0.0.1:7281',
      ),
    )
    .addOption(
      flag('--http-listen <address>', 'web app and JSON API: host:port', 'HTTP_LISTEN').default('127.0.0.1:7282'),
    )
    .addOption(
      flag(
        '--http-base-path <path>',
        'before the paths of web app and JSON API, such as /weir',
        'HTTP_BASE_PATH',
      ).default(''),
    )
    .addOption(flag('--ui <folder>', 'the web app as it was built', 'UI').default(builtUi))
    .addOption(
      flag(
        '--database <file|url>',
        'SQLite file, made when missing; or postgres://user@host/database',
        'DATABASE',
      ).default('/var/lib/weir/weir.db'),
    )
    .addOption(
      flag('--synchronous <mode>', 'FULL survives a power cut, NORMAL a crash of the process', 'SYNCHRONOUS').default(
        'FULL',
      ),
    )
    .addOption(flag('--cluster <name>', 'name of the cluster, as its agents give it', 'CLUSTER').default('default'))
    .addOption(
      flag('--cluster-files <folder>', "the cluster's objects, as kubectl get -o yaml prints them", 'CLUSTER_FILES'),
    )
    .addOption(
      flag('--kubeconfig <file>', 'access to the Kubernetes API, in place of the service account', 'KUBECONFIG'),
    )
    .addOption(
      flag('--kube-context <name>', 'which context of --kubeconfig, in place of its current one', 'KUBE_CONTEXT'),
    )
    .addOption(
      list(
        flag(
          '--also-cluster <name=source>',
          'one more cluster: NAME=kubeconfig:FILE#CONTEXT or NAME=files:FOLDER, may be given again',
          'ALSO_CLUSTER',
        ).default([]),
      ),
    )
    .addOption(
      flag(
        '--cluster-wait <time>',
        'how long no flow is named for want of the first state of the cluster',
        'CLUSTER_WAIT',
      ).default('2m'),
    )
    .addOption(
      list(flag('--pod-cidr <block>', 'pod addresses, where nodes state none or others', 'POD_CIDR').default([])),
    )
    .addOption(
      list(
        flag('--service-cidr <block>', 'Service addresses, besides those of ServiceCIDRs', 'SERVICE_CIDR').default([]),
      ),
    )
    .addOption(
      flag('--keep <tiers>', 'how wide buckets of time are, and how long each kind is kept', 'KEEP').default(
        '15s=1h,1m=24h,1h=30d,1d=400d',
      ),
    )
    .addOption(
      flag(
        '--keep-sightings <time>',
        'how long it is known when an edge was seen, when nothing else is kept of it',
        'KEEP_SIGHTINGS',
      ).default('1200d'),
    )
    .addOption(
      flag('--tail <time>', 'how long windows are kept one by one before they are merged', 'TAIL').default('2m'),
    )
    .addOption(flag('--remember <time>', 'how long who is gone can still be named', 'REMEMBER').default('1h'))
    .addOption(
      flag(
        '--identity-wait <time>',
        'how long a batch waits for the cluster to show a new pod',
        'IDENTITY_WAIT',
      ).default('5s'),
    )
    .addOption(flag('--max-edges <n>', 'bound of the graph in memory', 'MAX_EDGES').default('500000'))
    .addOption(flag('--max-series <n>', 'bound of the series of a traffic metric', 'MAX_SERIES').default('2000'))
    .addOption(
      flag('--max-answer-edges <n>', 'edges of one answer; more come in pages', 'MAX_ANSWER_EDGES').default('100000'),
    )
    .addOption(flag('--max-aliases <n>', 'bound of the aliases', 'MAX_ALIASES').default('1000'))
    .addOption(flag('--max-baselines <n>', 'bound of the baselines', 'MAX_BASELINES').default('100'))
    .addOption(flag('--credits <n>', 'batches of one agent that may be under way', 'CREDITS').default('64'))
    .addOption(
      flag('--max-under-way <n>', 'batches of all agents that should be under way at most', 'MAX_UNDER_WAY').default(
        '4096',
      ),
    )
    .addOption(flag('--max-streams <n>', "agents' streams that may be open", 'MAX_STREAMS').default('10000'))
    .addOption(
      flag(
        '--max-dictionary-mb <n>',
        'memory for what agents said once: beyond it the stream that takes most ends',
        'MAX_DICTIONARY_MB',
      ).default('1000'),
    )
    .addOption(flag('--tls-cert <file>', 'certificate of this aggregator, with its chain, in PEM', 'TLS_CERT'))
    .addOption(flag('--tls-key <file>', 'its key', 'TLS_KEY'))
    .addOption(flag('--tls-ca <file>', 'authority of the certificates with which agents prove their node', 'TLS_CA'))
    .addOption(
      flag(
        '--agent-account <namespace/name>',
        'service account of agents that prove their node with the token of their pod',
        'AGENT_ACCOUNT',
      ),
    )
    .addOption(
      flag('--agent-audience <name>', 'for whom these tokens are made', 'AGENT_AUDIENCE').default('weir-aggregator'),
    )
    .addOption(
      flag(
        '--users <who>',
        'over TLS: kubernetes lets them see what their rights there allow, anyone everything',
        'USERS',
      ).default('kubernetes'),
    )
    .addOption(
      flag(
        '--proxy-secret-file <file>',
        'what a proxy that knows its users says in x-weir-proxy-secret; without it no proxy is believed',
        'PROXY_SECRET_FILE',
      ),
    )
    .addOption(
      flag('--proxy-user-header <name>', 'header of the user', 'PROXY_USER_HEADER').default('x-forwarded-user'),
    )
    .addOption(
      flag('--proxy-groups-header <name>', 'header of the groups, with commas', 'PROXY_GROUPS_HEADER').default(
        'x-forwarded-groups',
      ),
    )
    .addOption(
      flag(
        '--insecure-transport',
        'plain text, without proof of who speaks, also beyond this machine',
        'INSECURE',
      ).default(false),
    )
    .addOption(flag('--log-level <level>', 'least level to log', 'LOG_LEVEL').default('info'))
    .exitOverride();
}

/** The flag of a key: podCidr is --pod-cidr. */
function flagOf(key: PropertyKey | undefined): string {
  return `--${String(key).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Reads flags, and for those not given WEIR_* of the environment. Null when only help or the version was asked for.
 * @param write takes help and version. @throws WeirError USAGE, CONFIG_INVALID: names the flag and what it wants
 */
export function readConfig(argv: readonly string[], write: (text: string) => void): AggregatorConfig | null {
  const program = command().configureOutput({ writeOut: write, writeErr: () => undefined });
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw new WeirError('USAGE', `${error.message.replace(/^error: /, '')}; see --help`);
  }
  const read = schema.safeParse(program.opts());
  if (read.success) {
    checkTransport(read.data);
    return withOneSource(read.data);
  }
  const issue = read.error.issues[0];
  throw new WeirError('CONFIG_INVALID', `${flagOf(issue?.path[0])}: ${issue?.message ?? 'not valid'}`);
}

function withOneSource(config: AggregatorConfig): AggregatorConfig {
  const names = [config.cluster, ...config.alsoCluster.map(({ name }) => name)];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new WeirError('CONFIG_INVALID', `--also-cluster: ${twice} is given twice`);
  if (config.kubeContext !== undefined && config.kubeconfig === undefined) {
    throw new WeirError('CONFIG_INVALID', '--kube-context: needs the --kubeconfig that it is in');
  }
  if (config.clusterFiles === undefined || config.kubeconfig === undefined) return config;
  const what = '--cluster-files and --kubeconfig: give one of them, the cluster has one state';
  throw new WeirError('CONFIG_INVALID', what);
}
