import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CniResults } from '../../agent/identity/sandboxes/cni-results.ts';

const containerId = 'b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184';

const pod = (name: string) => ({ namespace: 'shop', name, uid: `uid-${name}` });

function cached(name: string, interfaceName = 'eth0'): string {
  const cniArgs = [
    ['IgnoreUnknown', '1'],
    ['K8S_POD_NAMESPACE', 'shop'],
    ['K8S_POD_NAME', name],
    ['K8S_POD_UID', `uid-${name}`],
  ];
  const result = {
    cniVersion: '1.0.0',
    interfaces: [{ name: 'cali1' }, { name: interfaceName, sandbox: `/run/netns/${name}` }],
    ips: [{ address: '10.9.0.1/32' }, { address: 'fd00::1/128' }],
  };
  const rest = { ifName: interfaceName, netns: `/run/netns/${name}`, cniArgs, result };
  return JSON.stringify({ kind: 'cniCacheV1', containerId, ...rest });
}

t.test('the CNI cache is read, and read again when it changes', async (t) => {
  const folder = t.testdir();
  const cache = new CniResults([folder]);
  writeFileSync(join(folder, 'net-1-eth0'), cached('a'));
  t.same(cache.read(), {
    results: [
      {
        pod: pod('a'),
        containerId,
        interfaceName: 'eth0',
        netnsPath: '/run/netns/a',
        addresses: ['10.9.0.1', 'fd00::1'],
      },
    ],
    problems: [],
  });
  writeFileSync(join(folder, 'net-1-net1'), cached('a', 'net1'));
  writeFileSync(join(folder, 'net-2-eth0'), cached('bb'));
  t.same(
    cache.read().results.map((each) => `${each.pod?.name} ${each.interfaceName}`),
    ['a eth0', 'a net1', 'bb eth0'],
  );
  rmSync(join(folder, 'net-2-eth0'));
  t.equal(cache.read().results.length, 2);
  t.match(cache.state, { name: 'cni-cache', state: 'ok', detail: '2 results' });
});

t.test('before libcni wrote the namespace down, the plugin told it with its interface', async (t) => {
  const folder = t.testdir();
  const text = cached('a').replace('"netns":"/run/netns/a",', '');
  t.notMatch(text, /"netns"/);
  writeFileSync(join(folder, 'old'), text);
  t.match(new CniResults([folder]).read().results, [{ pod: pod('a'), netnsPath: '/run/netns/a' }]);
});

t.test('what an older libcni wrote tells the sandbox and its addresses, and no pod', async (t) => {
  const sandbox = '/var/run/netns/cni-1';
  const result = { interfaces: [{ name: 'veth1' }, { name: 'eth0', sandbox }], ips: [{ address: '10.9.0.2/24' }] };
  const folder = t.testdir({ [`cbr0-${containerId}-eth0`]: JSON.stringify(result) });
  t.same(new CniResults([folder]).read().results, [
    { pod: null, containerId, interfaceName: 'eth0', netnsPath: sandbox, addresses: ['10.9.0.2'] },
  ]);
});

t.test('a broken file in the CNI cache is a named problem and hides nothing else', async (t) => {
  const folder = t.testdir({
    broken: '{"netns": ',
    'no-uid':
      '{"kind":"cniCacheV1","netns":"/run/netns/x","cniArgs":[["K8S_POD_NAMESPACE","shop"],["K8S_POD_NAME","x"]]}',
    empty: '',
    'wrong-types': '{"kind":"cniCacheV1","netns":5,"cniArgs":"all"}',
    list: '[1,2]',
    good: cached('a'),
    long: ' '.repeat(2 << 20),
  });
  mkdirSync(join(folder, 'folder'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const cache = new CniResults([folder]);
  const { results, problems } = cache.read();
  t.equal(results.length, 1);
  const told = problems.map(({ what, message }) => `${what.slice(folder.length + 1)} ${message}`).toSorted();
  t.equal(told.length, 8);
  t.match(told.join('\n'), /broken .*JSON/);
  t.match(told.join('\n'), /folder it is no file/);
  t.match(told.join('\n'), /long it has more than/);
  t.match(told.join('\n'), /no-uid cniArgs has no K8S_POD_UID/);
  t.match(told.join('\n'), /pipe it is no file/);
  t.match(cache.state, { state: 'failing', detail: /broken: .* and 7 more/ });
});

t.test('of two caches one may be missing; that none is there is a problem, not an end', async (t) => {
  const folder = t.testdir({ good: cached('a') });
  const missing = join(folder, 'nothing');
  t.match(new CniResults([missing, folder]).read(), { results: [{ pod: pod('a') }], problems: [] });
  const none = new CniResults([missing]);
  t.match(none.read(), { results: [], problems: [{ what: missing, message: /ENOENT/ }] });
  t.match(none.state, { state: 'off', detail: /ENOENT/ });
});
