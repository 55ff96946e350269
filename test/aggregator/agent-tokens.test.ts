import { status } from '@grpc/grpc-js';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { tokenProof } from '../../aggregator/access/token-proof.ts';
import { TokenReviews } from '../../aggregator/access/token-reviews.ts';
import { systemClock } from '../../core/time.ts';
import type { Account } from '../../lab/kube-api/accounts.ts';
import { connect } from '../../proto/services.ts';
import { CertificateFiles } from '../../tls/certificate-files.ts';
import { channelCredentials } from '../../tls/grpc-credentials.ts';
import { serveApi } from '../kube/reflecting.ts';
import { Authority } from '../tls/authority.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { start, TestCluster } from './running.ts';

const never = 86_400_000;
const audience = 'weir-aggregator';
const account = 'weir/weir-agent';
const log = pino({ level: 'silent' });

function accountOn(node: string | null, change: Partial<Account> = {}): Account {
  const extra = node === null ? {} : { 'authentication.kubernetes.io/node-name': [node] };
  return { username: 'system:serviceaccount:weir:weir-agent', audience, extra, ...change };
}

/** In the form of a token of a service account; only the API server can tell whether it is one. */
function jwt(name: string, expiresInMs: number): string {
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
  return [{ alg: 'none' }, { sub: name, exp: (Date.now() + expiresInMs) / 1000 }, {}].map(part).join('.');
}

async function setUp(t: Test, keepMs = 1) {
  const { api, client } = await serveApi(t);
  const authority = new Authority(t);
  const own = authority.write(authority.issue('IP:127.0.0.1'), 'aggregator');
  const certificates = await CertificateFiles.open({ ca: null, ...own }, never, log);
  const trust = await CertificateFiles.open({ ca: authority.certFile, cert: null, key: null }, never, log);
  const reviews = new TokenReviews(client, { keepMs, maxKept: 100, timeoutMs: 5_000 });
  const proofs = [tokenProof({ cluster: 'demo', reviews, account, audience, clock: systemClock })];
  const running = await start(t, new TestCluster(), { secured: { certificates, proofs, users: null } });
  const pusher = (token: string | null) => {
    const channel = channelCredentials(trust, token === null ? null : async () => token);
    const connection = connect(running.aggregator.addresses[0] as string, {}, channel);
    t.teardown(() => connection.close());
    return new Pusher(connection);
  };
  const reviewed = () => api.requests.filter((path) => path.includes('tokenreviews')).length;
  return { ...running, api, pusher, reviewed };
}

t.test('an agent is let in for the node that its pod runs on, as the API server says', async (t) => {
  const { api, pusher } = await setUp(t);
  api.accounts.tokens.set('of-n1', accountOn('n1'));
  api.accounts.tokens.set('of-n2', accountOn('n2'));
  const own = pusher('of-n1');
  await own.welcome();
  own.send(batchOf(1, [call('a-1', '10.1.0.2', 80)]));
  await own.ackThrough(1);
  t.match(await pusher('of-n2').end(), { code: 7, details: /it says n1, its token is for n2/ });
});

const refused: Readonly<Record<string, readonly [Account | null, RegExp]>> = {
  'a token that the API server does not know': [null, /not valid for the audience weir-aggregator/],
  'a token that was made for the API server': [accountOn('n1', { audience: null }), /not valid for the audience/],
  'a token of another service account': [
    accountOn('n1', { username: 'system:serviceaccount:shop:cart' }),
    /is of system:serviceaccount:shop:cart, not of system:serviceaccount:weir:weir-agent/,
  ],
  'a token that is bound to no pod': [accountOn(null), /does not say on which node the agent runs/],
};

for (const [what, [known, details]] of Object.entries(refused)) {
  t.test(`an agent is not let in with ${what}`, async (t) => {
    const { api, pusher } = await setUp(t);
    if (known !== null) api.accounts.tokens.set('token', known);
    t.match(await pusher('token').end(), { code: 16, details });
    t.match(await pusher(null).end(), { code: 16, details: /neither a client certificate/ });
  });
}

t.test('nobody is let in while the API server does not say who it is', async (t) => {
  const { api, pusher } = await setUp(t);
  api.accounts.tokens.set('of-n1', accountOn('n1'));
  for (const fault of [
    { type: 'status', code: 500 },
    { type: 'status', code: 403 },
    { type: 'garbage' },
    { type: 'cut' },
  ] as const) {
    api.faults.plan(fault);
    t.match(await pusher('of-n1').end(), { code: 14, details: /did not say/ }, JSON.stringify(fault));
  }
  await pusher('of-n1').welcome();
});

t.test('a stream ends with its token, and answers are asked for once in a while', async (t) => {
  const { api, pusher, reviewed } = await setUp(t, 60_000);
  const short = jwt('short', 1_500);
  api.accounts.tokens.set(short, accountOn('n1'));
  const pushing = pusher(short);
  await pushing.welcome();
  t.match(await pushing.end(), { code: 16, details: /token has expired/ });
  t.match(await pusher(short).end(), { code: 16, details: /token has expired/ });
  t.equal(reviewed(), 1);
});

t.test('who tries again and again is not reviewed each time', async (t) => {
  const { pusher, reviewed } = await setUp(t);
  const ends = await Promise.all(Array.from({ length: 150 }, (_, i) => pusher(`guess-${i}`).end()));
  const tooMany = ends.filter(({ code }) => code === status.RESOURCE_EXHAUSTED).length;
  t.ok(tooMany >= 20, `${tooMany} were turned away`);
  t.equal(reviewed(), 150 - tooMany);
});
