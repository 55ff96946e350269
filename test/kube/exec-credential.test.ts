import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ApiAccess } from '../../kube/access.ts';
import { kubeconfigAccess } from '../../kube/kubeconfig.ts';
import { newFolder } from './certificates.ts';
import { writeKubeconfig } from './kubeconfig-file.ts';

const apiVersion = 'client.authentication.k8s.io/v1';
const cluster = { server: 'https://10.0.0.1:6443', 'tls-server-name': 'kubernetes' };

/** A plugin that counts its runs, and gives tokens with these fields beside them. */
function writePlugin(folder: string, status: object, more = ''): void {
  const answer = JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token: 'TOKEN', ...status } });
  const script = [
    '#!/bin/bash',
    'cd "$(dirname "$0")"',
    'echo run >> runs',
    'printf %s "$KUBERNETES_EXEC_INFO" > info',
    'echo "$1 $OWN" > arguments',
    more,
    `echo '${answer}' | sed "s/TOKEN/token-$(wc -l < runs)/"`,
  ];
  writeFileSync(join(folder, 'plugin'), `${script.join('\n')}\n`, { mode: 0o755 });
}

function accessWith(folder: string, exec: object = {}, now = { unixMs: 0 }): ApiAccess {
  const config = { apiVersion, command: './plugin', provideClusterInfo: true, interactiveMode: 'Never', ...exec };
  const file = writeKubeconfig(folder, cluster, { exec: config });
  return kubeconfigAccess(file, null, { now: () => now.unixMs });
}

const tokenOf = async (access: ApiAccess) => (await access.credentials()).token;

t.test('the program is told what it is for, and gives the token', async (t) => {
  const folder = newFolder(t);
  writePlugin(folder, {});
  const access = accessWith(folder, { args: ['get-token'], env: [{ name: 'OWN', value: 'mine' }] });
  const tokens = await Promise.all([tokenOf(access), tokenOf(access)]);
  t.strictSame(tokens, ['token-1', 'token-1'], 'it runs once for all who ask');
  t.equal(await tokenOf(access), 'token-1', 'what does not expire is kept');
  t.strictSame(JSON.parse(readFileSync(join(folder, 'info'), 'utf8')), {
    apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, cluster },
  });
  t.equal(readFileSync(join(folder, 'arguments'), 'utf8'), 'get-token mine\n');
});

t.test('it is run again before the token expires, and after it was not accepted', async (t) => {
  const folder = newFolder(t);
  writePlugin(folder, { expirationTimestamp: '1970-01-01T00:10:00Z' });
  const now = { unixMs: 0 };
  const access = accessWith(folder, {}, now);
  t.equal(await tokenOf(access), 'token-1');
  now.unixMs = 580_000;
  t.equal(await tokenOf(access), 'token-1');
  now.unixMs = 595_000;
  t.equal(await tokenOf(access), 'token-2');
  now.unixMs = 0;
  access.rejected();
  t.equal(await tokenOf(access), 'token-3');
});

t.test('a client certificate may come from a program', async (t) => {
  const folder = newFolder(t);
  writePlugin(folder, { clientCertificateData: 'CERT', clientKeyData: 'KEY' });
  t.match(await accessWith(folder).credentials(), { tls: { cert: 'CERT', key: 'KEY' } });
});

t.test('what goes wrong with the program is named', async (t) => {
  const folder = newFolder(t);
  const fails = async (message: RegExp, exec: object = {}) => {
    await t.rejects(tokenOf(accessWith(folder, exec)), { code: 'KUBE_ACCESS', message });
  };
  await fails(/users\[u\].exec .\/nothing: .*ENOENT; install nothing/, {
    command: './nothing',
    installHint: 'install nothing',
  });
  writePlugin(folder, {}, 'echo "log in first" >&2; exit 3');
  await fails(/Command failed: .* \(log in first\)/);
  writePlugin(folder, {}, 'echo no json; exit 0');
  await fails(/its output: /);
  writePlugin(folder, { token: null });
  await fails(/status: has neither token nor client certificate/);
  writePlugin(folder, { clientKeyData: 'KEY' });
  await fails(/status: has half a client certificate/);
  writePlugin(folder, {});
  await fails(/answered in .*v1, not in .*v1beta1/, { apiVersion: 'client.authentication.k8s.io/v1beta1' });
  t.throws(() => accessWith(folder, { interactiveMode: 'Always' }), { message: /needs a terminal/ });
});
