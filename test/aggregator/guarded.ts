import { request } from 'node:https';
import { pino } from 'pino';
import type { Test } from 'tap';
import { AccessReviews } from '../../aggregator/access/access-reviews.ts';
import { authenticator } from '../../aggregator/access/authenticate.ts';
import { TokenReviews } from '../../aggregator/access/token-reviews.ts';
import type { Grant } from '../../lab/kube-api/accounts.ts';
import { type Connection, connect } from '../../proto/services.ts';
import { CertificateFiles } from '../../tls/certificate-files.ts';
import { channelCredentials } from '../../tls/grpc-credentials.ts';
import { serveApi } from '../kube/reflecting.ts';
import { Authority } from '../tls/authority.ts';
import { podYaml } from './cluster-fixture.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { newFolder, start, type StartOptions, TestCluster } from './running.ts';

const never = 86_400_000;
export const serverName = 'weir-aggregator';
export const proxySecret = 'a-secret-that-only-the-proxy-knows-of';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A line of the log. */
export type Line = Readonly<Record<string, unknown>>;

export function flowsIn(to: string, namespace: string | null): Grant {
  return { to, verbs: ['list'], group: 'weir.dev', resource: 'flows', namespace };
}

const everywhere = (to: string, verbs: readonly string[]): Grant => ({
  to,
  verbs,
  group: 'weir.dev',
  resource: '*',
  namespace: null,
});

/**
 * An aggregator whose callers are users of a cluster: `admin` may do everything, `viewer` see everything, `shopper` see
 * the namespace shop, `nobody` nothing. Edges go from shop to data, and within data. @param more objects of the cluster
 */
export async function guarded(t: Test, options: StartOptions = {}, more: readonly string[] = []) {
  const { api, client } = await serveApi(t);
  for (const name of ['admin', 'viewer', 'shopper', 'nobody']) {
    api.accounts.tokens.set(`token-of-${name}`, { username: name });
  }
  api.accounts.grants = [everywhere('admin', ['*']), flowsIn('viewer', null), flowsIn('shopper', 'shop')];
  const authority = new Authority(t);
  const silent = pino({ level: 'silent' });
  const own = authority.write(authority.issue(`DNS:${serverName}`), 'aggregator');
  const certificates = await CertificateFiles.open({ ca: null, ...own }, never, silent);
  const trust = await CertificateFiles.open({ ca: authority.certFile, cert: null, key: null }, never, silent);
  const kept = { keepMs: 1, maxKept: 1_000, timeoutMs: 5_000 };
  const proxy = { userHeader: 'x-forwarded-user', groupsHeader: 'x-forwarded-groups', secret: proxySecret };
  const users = {
    authenticate: authenticator(new TokenReviews(client, kept), proxy),
    reviews: new AccessReviews(client, kept),
    lookAgainMs: 100,
  };
  const lines: Line[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line) as Line) });
  const cluster = new TestCluster(
    podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
    podYaml({ name: 'redis-0', ip: '10.1.0.4', namespace: 'data', deployment: 'redis' }),
    podYaml({ name: 'backup-0', ip: '10.1.0.5', namespace: 'data', deployment: 'backup' }),
    ...more,
  );
  const socket = `unix:${newFolder(t)}/a.sock`;
  const secured = { certificates, proofs: [], users };
  const running = await start(t, cluster, { listen: ['127.0.0.1:0', socket], secured, log, ...options });
  const agentConnection = connect(socket);
  t.teardown(() => agentConnection.close());
  const agent = new Pusher(agentConnection);
  await agent.welcome();
  const backup = call('backup-0', '10.1.0.4', 6379);
  const records = [call('frontend-1', '10.1.0.4', 6379), { ...backup, pod: { ...backup.pod, namespace: 'data' } }];
  agent.send(batchOf(1, records));
  await agent.ackThrough(1);

  /** A connection by the network. @param user null for one without a token */
  const as = (user: string | null): Connection => {
    const token = user === null ? null : async () => `token-of-${user}`;
    const name = { 'grpc.ssl_target_name_override': serverName };
    const connection = connect(running.aggregator.addresses[0] as string, name, channelCredentials(trust, token));
    t.teardown(() => connection.close());
    return connection;
  };
  const http = (method: 'GET' | 'POST', path: string, headers: Record<string, string | string[]>, body = '') => {
    const [host, port] = running.aggregator.httpAddress.split(':');
    const tls = { ca: authority.cert, servername: serverName };
    return new Promise<Reply>((resolve, reject) => {
      const sent = request({ host, port, path, method, headers, agent: false, ...tls }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      });
      sent.once('error', reject);
      sent.end(body);
    });
  };
  const post = (path: string, body: object, headers: Record<string, string | string[]> = {}) =>
    http('POST', `/api/v1/${path}`, { 'content-type': 'application/json', ...headers }, JSON.stringify(body));
  return { ...running, api, agent, as, http, post, lines, authority: authority.cert };
}

export const bearer = (user: string) => ({ authorization: `Bearer token-of-${user}` });
