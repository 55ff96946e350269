import { connect as connectTls } from 'node:tls';
import t from 'tap';
import { bearer, guarded, proxySecret } from './guarded.ts';

t.test('nobody becomes another user by headers', async (t) => {
  const { post, lines } = await guarded(t);
  const list = async (headers: Record<string, string | string[]>) =>
    (await post('query/getStatus', {}, headers)).status;
  const user = { 'x-forwarded-user': 'admin' };
  const secret = { 'x-weir-proxy-secret': proxySecret };
  t.equal(await list(user), 401, 'without the secret of the proxy');
  t.equal(await list({ ...user, 'x-weir-proxy-secret': `${proxySecret}x` }), 401, 'with another');
  t.equal(await list({ ...user, 'x-weir-proxy-secret': [proxySecret, proxySecret] }), 401, 'with two');
  t.equal(await list({ ...secret, 'x-forwarded-user': ['admin', 'nobody'] }), 401, 'with two users');
  t.equal(
    await list({ ...secret, ...user, 'x-forwarded-groups': 'system:masters' }),
    401,
    "in a group of Kubernetes' own",
  );
  t.equal(await list({ ...secret, 'x-forwarded-user': 'system:admin' }), 401, 'under such a name');
  t.equal(await list(secret), 401, 'without a user');
  t.equal(await list({ ...user, ...bearer('nobody') }), 403, 'beside a token: the token counts');
  t.equal(await list({ 'impersonate-user': 'admin', ...bearer('nobody') }), 403);
  t.equal(await list({ authorization: 'Basic YWRtaW46YWRtaW4=' }), 401);
  t.equal(await list({ authorization: `Bearer ${'x'.repeat(20_000)}` }), 401);
  t.ok(
    lines.every((line) => !JSON.stringify(line).includes(proxySecret)),
    'no secret is in the log',
  );
  t.equal(await list({ ...secret, ...user }), 200, 'the proxy itself is believed');
});

t.test('tokens are in no log', async (t) => {
  const { post, lines } = await guarded(t);
  await post('alias/removeAlias', { name: 'x' }, bearer('admin'));
  await post('query/getStatus', {}, bearer('nobody'));
  t.ok(lines.length > 0);
  t.notMatch(JSON.stringify(lines), /token-of-/);
});

t.test('nothing of the disk is reached by a path', async (t) => {
  const { http } = await guarded(t);
  for (const path of [
    '/../../../../etc/passwd',
    '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2f..%2fetc%2fpasswd',
    '/assets/..%5c..%5cetc%5cpasswd',
    '//etc/passwd',
    '/%00/etc/passwd',
    '/api/v1/../../etc/passwd',
    '/.env',
    '/proc/self/environ',
  ]) {
    const reply = await http('GET', path, {});
    t.notMatch(reply.body, /root:|PATH=/, path);
    t.match(reply.headers['content-security-policy'], /default-src 'none'/, path);
  }
});

t.test('requests that are too large, too many or too slow are ended, and the others are served', async (t) => {
  const { http, post, aggregator, as } = await guarded(t);
  const large = await http('POST', '/api/v1/policy/check', {
    'content-type': 'application/json',
    'content-length': '99999999',
    ...bearer('admin'),
  }).catch((error: unknown) => error);
  t.match(large, { status: 413 });
  const [host, port] = aggregator.httpAddress.split(':');
  const slow = connectTls({ host, port: Number(port), rejectUnauthorized: false });
  t.teardown(() => slow.destroy());
  slow.on('error', () => undefined);
  slow.write(
    'POST /api/v1/query/listEdges HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
  );
  t.equal((await post('query/getStatus', {}, bearer('admin'))).status, 200, 'one that hangs holds nobody up');
  const viewer = as('viewer');
  const replies = await Promise.allSettled(Array.from({ length: 300 }, () => viewer.query.listNamespaces({})));
  const refused = replies.filter((reply) => reply.status === 'rejected');
  t.ok(refused.length > 0 && refused.length < 300, `${refused.length} of 300`);
  t.match(refused[0], { reason: { code: 8 } });
});

t.test('text of labels and names is data in every answer, never a page', async (t) => {
  const { post } = await guarded(t);
  const script = '<script>alert(1)</script>';
  const reply = await post('query/listWorkloads', { namespace: script }, bearer('admin'));
  t.match(reply, {
    status: 404,
    headers: { 'content-type': /^application\/json/, 'x-content-type-options': 'nosniff' },
  });
  t.match(reply.headers['content-security-policy'], /script-src 'self'/);
});
