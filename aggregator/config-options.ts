import { join } from 'node:path';
import { list, number, text, toggle } from '../config/option.ts';
import {
  countUpTo,
  durationWithin,
  file,
  folder,
  hostPort,
  hostPortOrSocket,
  logLevel,
  oneOf,
  textOf,
} from '../config/values.ts';
import { alsoCluster, basePath, block, headerName, passwordInFile, serviceAccount, tiers } from './config-values.ts';

/** Beside the compiled aggregator. */
const builtUi = join(import.meta.dirname, '../ui');

const count = countUpTo(1e9);
/** Within what timers can wait. */
const wait = durationWithin('0ms', '24d');

/** What can be said to the aggregator. */
export const aggregatorOptions = {
  listen: list('<address>', 'gRPC: host:port or unix:/path, may be given again', hostPortOrSocket, ['127.0.0.1:7280']),
  metricsListen: text('<address>', '/metrics, /healthz, /readyz: host:port', hostPort, '127.0.0.1:7281'),
  httpListen: text('<address>', 'web app and JSON API: host:port', hostPort, '127.0.0.1:7282'),
  httpBasePath: text('<path>', 'before the paths of web app and JSON API, such as /weir', basePath, ''),
  ui: text('<folder>', 'the web app as it was built', folder, builtUi),
  database: {
    ...text(
      '<file|url>',
      'SQLite file, made when missing; or postgres://user@host/database',
      textOf('name a file, or give a URL such as postgres://user@host/database'),
      '/var/lib/weir/weir.db',
    ),
    unfitForFile: passwordInFile,
  },
  databasePasswordFile: text('<file>', 'password of the user in the URL of --database', file),
  synchronous: text(
    '<mode>',
    'FULL survives a power cut, NORMAL a crash of the process',
    oneOf(['FULL', 'NORMAL'] as const),
    'FULL',
  ),
  cluster: text(
    '<name>',
    'name of the cluster, as its agents give it',
    textOf('give the name of the cluster'),
    'default',
  ),
  clusterFiles: text('<folder>', "the cluster's objects, as kubectl get -o yaml prints them", folder),
  kubeconfig: text('<file>', 'access to the Kubernetes API, in place of the service account', file),
  kubeContext: text(
    '<name>',
    'which context of --kubeconfig, in place of its current one',
    textOf('name a context of the kubeconfig'),
  ),
  alsoCluster: list(
    '<name=source>',
    'one more cluster: NAME=kubeconfig:FILE#CONTEXT or NAME=files:FOLDER, may be given again',
    alsoCluster,
    [],
  ),
  clusterWait: text('<time>', 'how long no flow is named for want of the first state of the cluster', wait, '2m'),
  podCidr: list('<block>', 'pod addresses, where nodes state none or others', block, []),
  serviceCidr: list('<block>', 'Service addresses, besides those of ServiceCIDRs', block, []),
  keep: text(
    '<tiers>',
    'how wide buckets of time are, and how long each kind is kept',
    tiers,
    '15s=1h,1m=24h,1h=30d,1d=400d',
  ),
  keepSightings: text(
    '<time>',
    'how long it is known when an edge was seen, when nothing else is kept of it',
    durationWithin('0ms', '36500d'),
    '1200d',
  ),
  tail: text(
    '<time>',
    'how long windows are kept one by one before they are merged',
    durationWithin('1s', '24d'),
    '2m',
  ),
  remember: text('<time>', 'how long who is gone can still be named', wait, '1h'),
  identityWait: text('<time>', 'how long a batch waits for the cluster to show a new pod', wait, '5s'),
  maxEdges: number('bound of the graph in memory', count, 500_000),
  maxSeries: number('bound of the series of a traffic metric', count, 2000),
  maxAnswerEdges: number('edges of one answer; more come in pages', count, 100_000),
  maxAliases: number('bound of the aliases', count, 1000),
  maxBaselines: number('bound of the baselines', count, 100),
  credits: number('batches of one agent that may be under way', count, 64),
  maxUnderWay: number('batches of all agents that should be under way at most', count, 1024),
  maxStreams: number("agents' streams that may be open", count, 10_000),
  maxDictionaryMb: number('memory for what agents said once: beyond it the stream that takes most ends', count, 1000),
  tlsCert: text('<file>', 'certificate of this aggregator, with its chain, in PEM', file),
  tlsKey: text('<file>', 'its key', file),
  tlsCa: text('<file>', 'authority of the certificates with which agents prove their node', file),
  agentAccount: text(
    '<namespace/name>',
    'service account of agents that prove their node with the token of their pod',
    serviceAccount,
  ),
  agentAudience: text('<name>', 'for whom these tokens are made', textOf('give an audience'), 'weir-aggregator'),
  users: text(
    '<who>',
    'over TLS: kubernetes lets them see what their rights there allow, anyone everything',
    oneOf(['kubernetes', 'anyone'] as const),
    'kubernetes',
  ),
  proxySecretFile: text(
    '<file>',
    'what a proxy that knows its users says in x-weir-proxy-secret; without it no proxy is believed',
    file,
  ),
  proxyUserHeader: text('<name>', 'header of the user', headerName, 'x-forwarded-user'),
  proxyGroupsHeader: text('<name>', 'header of the groups, with commas', headerName, 'x-forwarded-groups'),
  insecureTransport: toggle('plain text, without proof of who speaks, also beyond this machine', 'INSECURE'),
  logLevel: text('<level>', 'least level to log', logLevel, 'info'),
};
