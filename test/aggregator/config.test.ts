import t from 'tap';
import { readConfig } from '../../aggregator/config.ts';

const read = (...args: string[]) => readConfig(['--cluster-files', '/cluster', ...args], () => undefined);

t.test('the state of the cluster has one source', async (t) => {
  t.match(await readConfig(['--kubeconfig', '/k'], () => undefined), { kubeconfig: '/k', clusterFiles: null });
  t.match(await readConfig([], () => undefined), { kubeconfig: null, clusterFiles: null });
  await t.rejects(read('--kubeconfig', '/k'), {
    code: 'CONFIG_INVALID',
    message: /--cluster-files and --kubeconfig: give one of them/,
  });
});

t.test('defaults are enough but for the folder of the cluster', async (t) => {
  t.match(await read(), {
    listen: ['127.0.0.1:7280'],
    metricsListen: '127.0.0.1:7281',
    httpListen: '127.0.0.1:7282',
    httpBasePath: '',
    database: '/var/lib/weir/weir.db',
    synchronous: 'FULL',
    cluster: 'default',
    clusterFiles: '/cluster',
    podCidr: [],
    keep: [
      { widthMs: 15_000, keepMs: 3_600_000 },
      { widthMs: 60_000, keepMs: 86_400_000 },
      { widthMs: 3_600_000, keepMs: 30 * 86_400_000 },
      { widthMs: 86_400_000, keepMs: 400 * 86_400_000 },
    ],
    identityWait: 5_000,
    clusterWait: 120_000,
    credits: 64,
  });
});

t.test('further clusters are named with where their state is', async (t) => {
  const config = await read(
    '--also-cluster',
    'edge=files:/edge',
    '--also-cluster',
    'eu=kubeconfig:/k,us=kubeconfig:/u#admin@us:1',
  );
  t.strictSame(config?.alsoCluster, [
    { name: 'edge', from: 'files', path: '/edge', context: null },
    { name: 'eu', from: 'kubeconfig', path: '/k', context: null },
    { name: 'us', from: 'kubeconfig', path: '/u', context: 'admin@us:1' },
  ]);
  await t.rejects(read('--also-cluster', 'edge'), { message: /--also-cluster: give NAME=kubeconfig:FILE/ });
  await t.rejects(read('--also-cluster', 'us=kubeconfig:/u#'), { message: /give NAME=kubeconfig:FILE#CONTEXT/ });
  await t.rejects(read('--kube-context', 'eu'), { message: /--kube-context: needs the --kubeconfig that it is in/ });
  t.match(await readConfig(['--kubeconfig', '/k', '--kube-context', 'eu'], () => undefined), {
    kubeconfig: '/k',
    kubeContext: 'eu',
  });
  await t.rejects(read('--also-cluster', 'default=files:/x'), { message: /--also-cluster: default is given twice/ });
});

t.test('a base path may end with a slash, and is checked', async (t) => {
  t.equal((await read('--http-base-path', '/tools/weir/'))?.httpBasePath, '/tools/weir');
  t.equal((await read('--http-base-path', '/'))?.httpBasePath, '');
  for (const path of ['weir', '/a b', '//', '/a//b']) {
    await t.rejects(read('--http-base-path', path), {
      code: 'CONFIG_INVALID',
      message: /--http-base-path: give a path/,
    });
  }
});

t.test('flags that may be given again add up and replace the default', async (t) => {
  const config = await read(
    '--listen',
    '127.0.0.1:1',
    '--listen',
    'unix:/run/a.sock',
    '--pod-cidr',
    '10.1.2.3/16,fd00::/48',
  );
  t.strictSame(config?.listen, ['127.0.0.1:1', 'unix:/run/a.sock']);
  t.strictSame(
    config?.podCidr.map(({ text }) => text),
    ['10.1.0.0/16', 'fd00::/48'],
  );
});

t.test('what is not given is read from the environment; flags win', async (t) => {
  process.env['WEIR_CLUSTER'] = 'from-environment';
  process.env['WEIR_SERVICE_CIDR'] = '10.96.0.0/16,10.97.0.0/16';
  t.teardown(() => {
    delete process.env['WEIR_CLUSTER'];
    delete process.env['WEIR_SERVICE_CIDR'];
  });
  t.equal((await read())?.cluster, 'from-environment');
  t.equal((await read())?.serviceCidr.length, 2);
  t.equal((await read('--cluster', 'from-flag'))?.cluster, 'from-flag');
});

const wrong: Readonly<Record<string, readonly string[]>> = {
  '--listen: give host:port': ['--listen', 'nowhere'],
  '--pod-cidr: give an address block': ['--pod-cidr', '10.1.0.0'],
  '--keep: forever: give WIDTH=KEEP': ['--keep', 'forever'],
  '--keep: nothing: give WIDTH=KEEP': ['--keep', '15s=1h,'],
  '--keep: 40s=24h: make each width a multiple': ['--keep', '15s=1h,40s=24h'],
  '--keep: 15s=2h: make each width a multiple': ['--keep', '15s=1h,15s=2h'],
  '--keep: 1m=1h: keep each for longer': ['--keep', '15s=1h,1m=1h'],
  '--keep: 1h=5s: keep a bucket for at least': ['--keep', '1h=5s'],
  '--keep: 2h=30d: keep the one before': ['--keep', '15s=1h,2h=30d'],
  '--keep: 500ms=1h: a bucket is at least 1s': ['--keep', '500ms=1h'],
  '--tail: give a length of time': ['--tail', 'long'],
  '--credits: give a whole number from 1': ['--credits', '0'],
  '--listen 0.0.0.0:7280: give --tls-cert and --tls-key, or --insecure-transport': ['--listen', '0.0.0.0:7280'],
  '--tls-cert and --tls-key: give both or none': ['--tls-cert', 'a'],
  '--tls-cert: say how agents prove their node': ['--tls-cert', 'a', '--tls-key', 'b'],
  '--tls-ca: needs --tls-cert': ['--tls-ca', 'a'],
  '--agent-account: give namespace/name': ['--agent-account', 'weir'],
  '--synchronous: give one of FULL, NORMAL': ['--synchronous', 'OFF'],
  '--database-password-file: needs a URL': ['--database-password-file', '/p'],
  '--database-password-file: the URL in --database has a password already': [
    '--database',
    'postgres://weir:hidden@db/weir',
    '--database-password-file',
    '/p',
  ],
};

for (const [message, args] of Object.entries(wrong)) {
  t.test(`${args.join(' ')} is refused and named`, async (t) => {
    await t.rejects(read(...args), { code: 'CONFIG_INVALID', exitStatus: 2, message: new RegExp(message) });
  });
}

t.test('an unknown flag is refused, help and version are not', async (t) => {
  await t.rejects(read('--colour'), { code: 'USAGE', message: /unknown option '--colour'/ });
  let written = '';
  t.equal(await readConfig(['--help'], (text) => (written += text)), null);
  t.match(written, /--cluster-files <folder>/);
});
