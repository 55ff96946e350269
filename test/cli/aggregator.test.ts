import { join } from 'node:path';
import t from 'tap';
import { connect } from '../../proto/services.ts';
import { podYaml } from '../aggregator/cluster-fixture.ts';
import { AggregatorProcess } from '../aggregator/process.ts';
import { batchOf, call, Pusher } from '../aggregator/pusher.ts';
import { weir } from './run.ts';

const objects = [
  podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
  podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart' }),
];

t.test(
  'what an aggregator took in comes out as flows and as a policy that lets it pass and nothing else',
  async (t) => {
    const folder = t.testdir({ cluster: { 'all.yaml': objects.join('\n---\n') } });
    const server = await AggregatorProcess.start(
      ['--listen', '127.0.0.1:0', '--metrics-listen', '127.0.0.1:0', '--database', join(folder, 'weir.db')].concat(
        ['--cluster', 'demo', '--cluster-files', join(folder, 'cluster'), '--keep', '15s=36500d'],
        ['--pod-cidr', '10.1.0.0/16'],
      ),
    );
    t.teardown(() => server.end('SIGTERM'));
    const aggregator = server.listening.addresses[0] as string;
    const connection = connect(aggregator);
    const agent = new Pusher(connection);
    await agent.welcome();
    agent.send(batchOf(1, [call('frontend-1', '10.1.0.2', 8080)]));
    await agent.ackThrough(1);
    t.teardown(() => connection.close());

    const run = (...args: string[]) => weir(args, { aggregator });
    t.match(
      (await run('status')).stdout,
      /\nCluster demo: 1 namespace, 2 workloads, 2 pods, 1 edge; .*\nrecorded: .* 1 window;[\s\S]*\nn1 +late/,
    );
    t.match(
      (await run('flows', '-n', 'shop')).stdout,
      /\nshop\/deployment\/frontend +shop\/deployment\/cart +8080\/TCP +forwarded +1 /,
    );
    t.match(await run('flows', '-n', 'nope'), {
      status: 1,
      stderr: /^weir: No such namespace: nope; there is shop\n$/,
    });

    const made = await run('policy', 'generate', '-n', 'shop');
    t.equal(made.status, 0);
    t.match(made.stderr, /^2 policies from 1 window .*\nreplayed 1 flow: 1 allowed, 0 would be denied\n/);
    const check = (policies: string) => weir(['policy', 'check', '-'], { aggregator, input: policies });
    t.match(await check(made.stdout), { status: 0, stdout: '' });
    const wrongPort = made.stdout.replaceAll('port: 8080', 'port: 8081');
    t.match(await check(wrongPort), {
      status: 1,
      stdout: /\ndenied +egress +shop\/deployment\/frontend -> shop\/deployment\/cart 8080\/TCP +.+\n/,
    });
    t.match(await check(made.stdout.replace('port: 8080', 'port: none of them')), {
      status: 2,
      stderr: /^standard input:\d+: NetworkPolicy shop\/weir-cart: /m,
    });
  },
);
