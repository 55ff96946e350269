import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ApiAccess } from '../../kube/access.ts';
import { KubeClient } from '../../kube/client.ts';
import { inClusterAccess } from '../../kube/in-cluster.ts';
import { kubeconfigAccess } from '../../kube/kubeconfig.ts';
import { KubeApi, type KubeApiOptions } from '../../lab/kube-api/server.ts';
import { newFolder, selfSigned } from './certificates.ts';
import { writeKubeconfig } from './kubeconfig-file.ts';

async function startApi(t: Test, options: KubeApiOptions): Promise<KubeApi> {
  const api = await KubeApi.start(options);
  t.teardown(() => api.close());
  return api;
}

/** What a list of pods comes to: `ok`, or why not. */
async function outcome(access: ApiAccess): Promise<string> {
  const client = new KubeClient(access);
  const answer = await client.get('/api/v1/pods', {}, new AbortController().signal);
  client.close();
  return 'body' in answer ? 'ok' : answer.message;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

t.test('a service account is read anew each time, for its token is replaced', async (t) => {
  const folder = newFolder(t);
  const tls = selfSigned(folder, 'IP:127.0.0.1');
  const api = await startApi(t, { tls, token: 'first' });
  const account = join(folder, 'account');
  mkdirSync(account);
  writeFileSync(join(account, 'token'), 'first\n');
  writeFileSync(join(account, 'ca.crt'), tls.cert);
  const { hostname, port } = new URL(api.url);
  const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  const access = inClusterAccess(environment, account) as ApiAccess;
  t.match(access.description, /^https:\/\/127.0.0.1:\d+ \(service account of this pod\)$/);
  const client = new KubeClient(access);
  const list = async () => 'body' in (await client.get('/api/v1/pods', {}, new AbortController().signal));
  t.ok(await list());
  api.gate.token = 'second';
  t.notOk(await list());
  writeFileSync(join(account, 'token'), 'second');
  t.ok(await list());
  client.close();
});

t.test('outside of a pod there is no service account', async (t) => {
  t.equal(inClusterAccess({}, '/does/not/exist'), null);
  t.equal(inClusterAccess({ KUBERNETES_SERVICE_HOST: '10.96.0.1' }, '/does/not/exist'), null);
  const folder = newFolder(t);
  writeFileSync(join(folder, 'token'), 'x');
  const access = inClusterAccess({ KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' }, folder);
  t.equal(access?.server.href, 'https://[fd00::1]:6443/');
  await t.rejects(async () => void (await access?.credentials()), { code: 'KUBE_ACCESS', message: /ca.crt/ });
});

t.test('a kubeconfig with an authority and a token lets in', async (t) => {
  const folder = newFolder(t);
  const tls = selfSigned(folder, 'IP:127.0.0.1');
  const { url: server } = await startApi(t, { tls, token: 'secret' });
  writeFileSync(join(folder, 'ca.pem'), tls.cert);
  writeFileSync(join(folder, 'token'), 'secret\n');
  const data = { server, 'certificate-authority-data': base64(tls.cert) };
  t.equal(await outcome(kubeconfigAccess(writeKubeconfig(folder, data, { token: 'secret' }))), 'ok');
  const files = { server, 'certificate-authority': 'ca.pem' };
  const tokenFile = { tokenFile: 'token', token: 'an older one' };
  t.equal(await outcome(kubeconfigAccess(writeKubeconfig(folder, files, tokenFile))), 'ok', 'files lie beside it');
  const wrong = kubeconfigAccess(writeKubeconfig(folder, data, { token: 'wrong' }));
  t.match(await outcome(wrong), /401: Unauthorized/);
  const untrusted = kubeconfigAccess(writeKubeconfig(folder, { server }, { token: 'secret' }));
  t.match(await outcome(untrusted), /its certificate is not one that the certificate authority vouches for/);
  const insecure = { server, 'insecure-skip-tls-verify': true };
  t.equal(await outcome(kubeconfigAccess(writeKubeconfig(folder, insecure, { token: 'secret' }))), 'ok');
});

t.test('the name in the certificate may be another one than in the address, if it is said', async (t) => {
  const folder = newFolder(t);
  const tls = selfSigned(folder, 'DNS:kubernetes');
  const { url: server } = await startApi(t, { tls });
  const cluster = { server, 'certificate-authority-data': base64(tls.cert) };
  t.match(await outcome(kubeconfigAccess(writeKubeconfig(folder, cluster, {}))), /does not match/);
  const named = { ...cluster, 'tls-server-name': 'kubernetes' };
  t.equal(await outcome(kubeconfigAccess(writeKubeconfig(folder, named, {}))), 'ok');
});

t.test('a client certificate lets in', async (t) => {
  const folder = newFolder(t);
  const tls = selfSigned(folder, 'IP:127.0.0.1');
  const client = selfSigned(folder, 'DNS:client');
  const { url: server } = await startApi(t, { tls, clientAuthority: client.cert });
  const cluster = { server, 'certificate-authority-data': base64(tls.cert) };
  const user = { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) };
  t.equal(await outcome(kubeconfigAccess(writeKubeconfig(folder, cluster, user))), 'ok');
  t.not(await outcome(kubeconfigAccess(writeKubeconfig(folder, cluster, {}))), 'ok');
});

const wrong: readonly (readonly [name: string, cluster: object, user: object, message: RegExp])[] = [
  ['a server that is no address', { server: 'here' }, {}, /server here: give an address such as/],
  ['no server', {}, {}, /clusters.0.cluster.server/],
  ['a proxy', { server: 'https://a', 'proxy-url': 'http://p' }, {}, /proxy-url is not supported/],
  ['an auth-provider', { server: 'https://a' }, { 'auth-provider': { name: 'gcp' } }, /users\[u\].auth-provider/],
  ['a password', { server: 'https://a' }, { username: 'me', password: 'x' }, /users\[u\].username is not supported/],
  ['another user', { server: 'https://a' }, { as: 'admin' }, /users\[u\].as is not supported/],
  ['half a certificate', { server: 'https://a' }, { 'client-key-data': base64('-----BEGIN ') }, /half a client cert/],
  ['no PEM', { server: 'https://a', 'certificate-authority-data': 'x' }, {}, /certificate-authority-data is not a PEM/],
  [
    'a missing file',
    { server: 'https://a', 'certificate-authority': 'gone.pem' },
    {},
    /certificate-authority .*ENOENT/,
  ],
  [
    'an old plugin',
    { server: 'https://a' },
    { exec: { apiVersion: 'client.authentication.k8s.io/v1alpha1', command: 'x' } },
    /exec.apiVersion .*v1alpha1 is not supported/,
  ],
];

t.test('what a kubeconfig lacks or asks in vain is named with file and key', async (t) => {
  const folder = newFolder(t);
  for (const [name, cluster, user, message] of wrong) {
    const file = writeKubeconfig(folder, cluster, user);
    t.throws(() => kubeconfigAccess(file), { code: 'KUBE_ACCESS', message }, name);
    t.throws(() => kubeconfigAccess(file), { message: new RegExp(file) }, `${name}: the file is named`);
  }
  const texts: readonly (readonly [string, RegExp])[] = [
    ['current-context: gone', /current-context gone; there are none/],
    ['{}', /current-context is not set; name a context: there are none/],
    ['[]', /expected object/],
    ['a: [', /name a kubeconfig file that this process may read/],
    ['current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]', /cluster c: clusters has none/],
  ];
  const file = join(folder, 'other');
  for (const [text, message] of texts) {
    writeFileSync(file, text);
    t.throws(() => kubeconfigAccess(file), { code: 'KUBE_ACCESS', message }, text);
  }
  t.throws(() => kubeconfigAccess('/does/not/exist'), { code: 'KUBE_ACCESS', message: /ENOENT/ });
});

t.test('a context is taken by its name, and one that is not there is answered with those that are', async (t) => {
  const folder = newFolder(t);
  const [here, there] = [await startApi(t, { token: 'here' }), await startApi(t, { token: 'there' })];
  const file = join(folder, 'kubeconfig');
  const named = (key: string, one: unknown, other: unknown) => [
    { name: 'here', [key]: one },
    { name: 'admin@there:1', [key]: other },
  ];
  const config = {
    'current-context': 'here',
    contexts: named('context', { cluster: 'here', user: 'here' }, { cluster: 'admin@there:1', user: 'admin@there:1' }),
    clusters: named('cluster', { server: here.url }, { server: there.url }),
    users: named('user', { token: 'here' }, { token: 'there' }),
  };
  writeFileSync(file, JSON.stringify(config));
  t.equal(kubeconfigAccess(file).server.origin, new URL(here.url).origin);
  const access = kubeconfigAccess(file, 'admin@there:1');
  t.equal(access.server.origin, new URL(there.url).origin);
  t.equal(await outcome(access), 'ok');
  t.throws(() => kubeconfigAccess(file, 'gone'), { message: /no context gone; there are here, admin@there:1$/ });
  writeFileSync(file, JSON.stringify({ ...config, 'current-context': '' }));
  t.throws(() => kubeconfigAccess(file), { message: /not set; name a context: there are here, admin@there:1$/ });
  t.equal(kubeconfigAccess(file, 'here').server.origin, new URL(here.url).origin);
});

t.test('a token file that cannot be read is named when it is needed', async (t) => {
  const file = writeKubeconfig(newFolder(t), { server: 'http://127.0.0.1:1' }, { tokenFile: 'gone' });
  t.match(await outcome(kubeconfigAccess(file)), /tokenFile .*gone: ENOENT/);
});
