import t from 'tap';
import { readConfig } from '../../agent/config.ts';

const read = (...args: string[]) => readConfig(args, () => undefined);

t.test('plain text stays on the machine unless it is asked for', async (t) => {
  for (const address of ['127.0.0.1:7280', '[::1]:7280', 'localhost:7280', 'unix:/run/weir.sock']) {
    t.equal((await read('--aggregator', address))?.tls.ca, null, address);
  }
  await t.rejects(read('--aggregator', '10.0.0.1:7280'), {
    code: 'CONFIG_INVALID',
    message: /--aggregator 10.0.0.1:7280: give --tls-ca, or --insecure-transport/,
  });
  t.ok(await read('--aggregator', '10.0.0.1:7280', '--insecure-transport'));
});

const wrong: Readonly<Record<string, readonly string[]>> = {
  '--tls-cert and --tls-key: give both or none': ['--tls-ca', 'a', '--tls-cert', 'b'],
  '--tls-ca: say by which authority': ['--token-file', 'a'],
  '--insecure-transport and --tls-ca: give one': ['--tls-ca', 'a', '--insecure-transport'],
  '--tls-ca: say how this node is proven': ['--tls-ca', 'a'],
};

for (const [message, args] of Object.entries(wrong)) {
  t.test(`${args.join(' ')} is refused and named`, async (t) => {
    await t.rejects(read(...args), { code: 'CONFIG_INVALID', message: new RegExp(message) });
  });
}

t.test('a node is proven by a certificate or by a token', async (t) => {
  t.match(await read('--tls-ca', 'a', '--tls-cert', 'b', '--tls-key', 'c'), { tls: { ca: 'a', cert: 'b', key: 'c' } });
  t.match(await read('--tls-ca', 'a', '--token-file', 'd', '--tls-server-name', 'e'), {
    tokenFile: 'd',
    tlsServerName: 'e',
  });
});
