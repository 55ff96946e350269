import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { pino } from 'pino';
import { staysOnMachine } from '../core/address.ts';
import { messageOf, WeirError } from '../core/errors.ts';
import { openAccess } from '../kube/open-access.ts';
import { type Connection, connect } from '../proto/services.ts';
import { CertificateFiles } from '../tls/certificate-files.ts';
import { channelCredentials } from '../tls/grpc-credentials.ts';

/** Which aggregator a command asks, how it is known, and as whom. */
export interface Target {
  /** host:port or unix:/path. */
  readonly aggregator: string;
  readonly tlsCa?: string;
  readonly tlsServerName?: string;
  readonly insecureTransport?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly tokenFile?: string;
}

const defaultAggregator = '127.0.0.1:7280';

/** A command is over before its certificates are replaced. */
const noRefreshMs = 2 ** 31 - 1;

/** Adds the options that say which aggregator is asked. */
export function withTargetOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--aggregator <address>', 'host:port or unix:/path of the aggregator')
        .env('WEIR_AGGREGATOR')
        .default(defaultAggregator),
    )
    .addOption(new Option('--tls-ca <file>', "authority of the aggregator's certificate").env('WEIR_TLS_CA'))
    .addOption(
      new Option('--tls-server-name <name>', "name in the aggregator's certificate").env('WEIR_TLS_SERVER_NAME'),
    )
    .addOption(
      new Option('--insecure-transport', 'plain text also beyond this machine').env('WEIR_INSECURE').default(false),
    )
    .addOption(
      new Option('--kubeconfig <file>', 'whose token says who asks')
        .env('KUBECONFIG')
        .default(undefined, '~/.kube/config'),
    )
    .addOption(
      new Option('--context <name>', 'which context of the kubeconfig, in place of its current one').env(
        'WEIR_CONTEXT',
      ),
    )
    .addOption(new Option('--token-file <file>', 'token that says who asks, in its place').env('WEIR_TOKEN_FILE'));
}

/** Plain text on this machine or where it was asked for, else TLS. @throws WeirError TLS_CERTIFICATE, KUBE_ACCESS */
export async function openTarget(target: Target): Promise<Connection> {
  const { aggregator, tlsCa, tlsServerName, insecureTransport = false } = target;
  const asksForTls = tlsCa !== undefined || tlsServerName !== undefined;
  if (insecureTransport && asksForTls) {
    throw new WeirError('USAGE', '--insecure-transport and --tls-ca or --tls-server-name: give one of them');
  }
  if (insecureTransport || (!asksForTls && staysOnMachine(aggregator))) return connect(aggregator);
  const paths = { ca: tlsCa ?? null, cert: null, key: null };
  const files = await CertificateFiles.open(paths, noRefreshMs, pino({ level: 'silent' }));
  const token = await tokenOf(target);
  const name = tlsServerName === undefined ? {} : { 'grpc.ssl_target_name_override': tlsServerName };
  return connect(aggregator, name, channelCredentials(files, token === null ? null : async () => token));
}

/** Null where nothing says who asks. @throws WeirError KUBE_ACCESS */
async function tokenOf({ tokenFile, kubeconfig, context }: Target): Promise<string | null> {
  if (tokenFile !== undefined) return await readToken(tokenFile);
  const file = kubeconfig ?? join(homedir(), '.kube/config');
  if (kubeconfig === undefined && context === undefined && !existsSync(file)) return null;
  const access = await openAccess(file, context ?? null);
  const { token, tls } = (await access?.credentials()) ?? { token: null, tls: null };
  if (token !== null || tls === null || tls.cert === null) return token;
  const what = 'it has a client certificate, which only the API server itself can check';
  throw new WeirError('KUBE_ACCESS', `${file}: ${what}; give --token-file with what kubectl create token prints`);
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new WeirError('KUBE_ACCESS', `--token-file: ${messageOf(error)}`, { cause: error });
  }
}
