import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AggregatorProcess } from '../aggregator/process.ts';
import { writeKubeconfig } from '../kube/kubeconfig-file.ts';
import { Authority } from '../tls/authority.ts';
import { weir } from './run.ts';

const args = ['--listen', '127.0.0.1:0', '--metrics-listen', '127.0.0.1:0', '--cluster', 'demo'];

t.test('the command line speaks TLS with an aggregator that proves itself, and with no other', async (t) => {
  const folder = t.testdir({ cluster: {} });
  const authority = new Authority(t);
  const { cert, key } = authority.write(authority.issue('DNS:weir-aggregator'), 'aggregator');
  const files = ['--cluster-files', join(folder, 'cluster'), '--database', join(folder, 'weir.db')];
  const server = await AggregatorProcess.start(
    args.concat(files, ['--tls-cert', cert, '--tls-key', key, '--tls-ca', authority.certFile, '--users', 'anyone']),
  );
  t.teardown(() => server.end('SIGTERM'));
  const port = (server.listening.addresses[0] as string).split(':')[1];
  const status = (...more: string[]) => weir(['status', ...more], { aggregator: `localhost:${port}` });
  const ca = ['--tls-ca', authority.certFile];
  t.match(await status(...ca, '--tls-server-name', 'weir-aggregator'), {
    status: 3,
    stdout: /^Weir .* 1 fault\n\nfault {2}no agent has reported yet\n[\s\S]* ends in \d+h\n[\s\S]*\nCluster demo/,
  });
  t.match(await status(...ca), { status: 1, stderr: /as it should .*localhost.*altnames/i });
  t.match(await status('--tls-ca', new Authority(t).certFile, '--tls-server-name', 'weir-aggregator'), {
    status: 1,
    stderr: /as it should .*certificate/,
  });
  t.match(await status(), { status: 1, stderr: /nothing answers/ }, 'plain text is not taken for TLS');
});

t.test('what is wrong with the files is said before anything is sent', async (t) => {
  const folder = t.testdir({ 'not.pem': 'text', token: 'x' });
  const authority = new Authority(t);
  const status = (...more: string[]) => weir(['status', ...more]);
  const not = join(folder, 'not.pem');
  t.match(await status('--tls-ca', not), { status: 2, stderr: /not.pem: not a certificate in PEM/ });
  t.match(await status('--tls-ca', join(folder, 'none')), { status: 2, stderr: /ENOENT/ });
  t.match(await status('--tls-ca', authority.certFile, '--insecure-transport'), {
    status: 2,
    stderr: /give one of them/,
  });
  t.match(await status('--tls-ca', authority.certFile, '--token-file', join(folder, 'none')), {
    status: 2,
    stderr: /--token-file: .*ENOENT/,
  });
  const client = authority.issue('DNS:user');
  writeFileSync(join(folder, 'user.crt'), client.cert);
  writeFileSync(join(folder, 'user.key'), client.key);
  const user = { 'client-certificate': 'user.crt', 'client-key': 'user.key' };
  const kubeconfig = writeKubeconfig(folder, { server: 'https://127.0.0.1:6443' }, user);
  t.match(await status('--tls-ca', authority.certFile, '--kubeconfig', kubeconfig), {
    status: 2,
    stderr: /client certificate, which only the API server itself can check; give --token-file/,
  });
  t.match(await status('--tls-ca', authority.certFile, '--kubeconfig', kubeconfig, '--context', 'gone'), {
    status: 2,
    stderr: /no context gone; there is here/,
  });
});
