import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { messageOf, WeirError } from '../core/errors.ts';
import { type Clock, systemClock } from '../core/time.ts';
import type { ApiAccess, Credentials } from './access.ts';
import { ExecPlugin } from './exec-credential.ts';
import { type ClusterEntry, type Kubeconfig, kubeconfig, type UserEntry } from './kubeconfig-schema.ts';

function invalid(file: string, what: string, cause?: unknown): WeirError {
  return new WeirError('KUBE_ACCESS', `${file}: ${what}`, { cause });
}

function readConfig(file: string): Kubeconfig {
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw invalid(file, `${messageOf(error).split('\n')[0]}; name a kubeconfig file that this process may read`, error);
  }
  const read = kubeconfig.safeParse(content);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw invalid(file, `${issue?.path.join('.') || 'not a kubeconfig file'}: ${issue?.message ?? 'not valid'}`);
}

interface Chosen {
  readonly cluster: ClusterEntry;
  readonly userName: string;
  readonly user: UserEntry;
}

/** How many names a message may list. */
const maxListed = 20;

function contextsIn({ contexts }: Kubeconfig): string {
  const names = (contexts ?? []).map(({ name }) => name);
  const more = names.length > maxListed ? ` and ${names.length - maxListed} more` : '';
  return `there ${names.length === 1 ? 'is' : 'are'} ${names.slice(0, maxListed).join(', ') || 'none'}${more}`;
}

/** @param asked the context; null for the current one */
function choose(file: string, config: Kubeconfig, asked: string | null): Chosen {
  const chosen = asked ?? config['current-context'] ?? '';
  if (chosen === '') throw invalid(file, `current-context is not set; name a context: ${contextsIn(config)}`);
  const context = config.contexts?.find(({ name }) => name === chosen)?.context;
  if (context === undefined) {
    throw invalid(file, `${asked === null ? 'current-context' : 'no context'} ${chosen}; ${contextsIn(config)}`);
  }
  const cluster = config.clusters?.find(({ name }) => name === context.cluster)?.cluster;
  if (cluster === undefined) throw invalid(file, `contexts[${chosen}].cluster ${context.cluster}: clusters has none`);
  const entry = config.users?.find(({ name }) => name === context.user);
  if (entry === undefined) throw invalid(file, `contexts[${chosen}].user ${context.user}: users has none`);
  return { cluster, userName: context.user, user: entry.user ?? {} };
}

/** What would change whom the client speaks to, or as whom, must not be passed over. */
function refuseUnsupported(file: string, { cluster, userName, user }: Chosen): void {
  const of = `users[${userName}]`;
  if (cluster['proxy-url']) throw invalid(file, 'proxy-url is not supported; reach the API without a proxy');
  if (user['auth-provider']) throw invalid(file, `${of}.auth-provider is not supported; use an exec plugin`);
  if (user.username) throw invalid(file, `${of}.username is not supported; use a token or a client certificate`);
  if (user.as) throw invalid(file, `${of}.as is not supported; use a user that has the rights itself`);
}

function serverOf(file: string, { server }: ClusterEntry): URL {
  const url = URL.canParse(server) ? new URL(server) : null;
  if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url;
  throw invalid(file, `server ${server}: give an address such as https://10.0.0.1:6443`);
}

type PemKey = 'certificate-authority' | 'client-certificate' | 'client-key';

/** Reads certificates and keys: base64 in the file itself, or in a file of their own beside it. */
function pemReader(file: string) {
  return (entry: Readonly<Record<string, unknown>>, key: PemKey): string | null => {
    const data = entry[`${key}-data`];
    const path = entry[key];
    if (typeof data === 'string') return fromBase64(file, `${key}-data`, data);
    if (typeof path !== 'string') return null;
    const resolved = resolve(dirname(file), path);
    try {
      return readFileSync(resolved, 'utf8');
    } catch (error) {
      throw invalid(file, `${key} ${resolved}: ${messageOf(error)}`, error);
    }
  };
}

function fromBase64(file: string, key: string, data: string): string {
  const pem = Buffer.from(data, 'base64').toString();
  if (pem.includes('-----BEGIN ')) return pem;
  throw invalid(file, `${key} is not a PEM block in base64`);
}

/** A kubeconfig's token: the file's, which is replaced while we run, goes before the one that is written down. */
async function tokenOf(file: string, { token, tokenFile }: UserEntry): Promise<string | null> {
  if (!tokenFile) return token ?? null;
  const path = resolve(dirname(file), tokenFile);
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw invalid(file, `tokenFile ${path}: ${messageOf(error)}`, error);
  }
}

/**
 * The access that a context of a kubeconfig file gives. @param context its name; null for the current one
 * @throws WeirError KUBE_ACCESS: names file and key, or the contexts that there are
 */
export function kubeconfigAccess(file: string, context: string | null = null, clock: Clock = systemClock): ApiAccess {
  const chosen = choose(file, readConfig(file), context);
  refuseUnsupported(file, chosen);
  const { cluster, userName, user } = chosen;
  const server = serverOf(file, cluster);
  const pemOf = pemReader(file);
  const ca = pemOf(cluster, 'certificate-authority');
  const [cert, key] = [pemOf(user, 'client-certificate'), pemOf(user, 'client-key')];
  if ((cert === null) !== (key === null)) {
    throw invalid(file, `users[${userName}] has half a client certificate: give client-certificate and client-key`);
  }
  const verify = cluster['insecure-skip-tls-verify'] !== true;
  const tls = { ca, cert, key, serverName: cluster['tls-server-name'] ?? null, verify };
  const exec = user.exec ? new ExecPlugin({ config: user.exec, file, user: userName, cluster, ca, clock }) : null;
  return {
    description: `${server.origin} (${file})`,
    server,
    credentials: async (): Promise<Credentials> => {
      if (exec === null) return { token: await tokenOf(file, user), tls };
      const given = await exec.credential();
      return { token: given.token, tls: { ...tls, cert: given.cert ?? cert, key: given.key ?? key } };
    },
    rejected: () => exec?.forget(),
  };
}
