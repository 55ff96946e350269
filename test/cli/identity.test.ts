import { join } from 'node:path';
import t from 'tap';
import { connect } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { podYaml, serviceYaml } from '../aggregator/cluster-fixture.ts';
import { AggregatorProcess } from '../aggregator/process.ts';
import { batchOf, call, Pusher } from '../aggregator/pusher.ts';
import { weir } from './run.ts';

t.setTimeout(120_000);

const objects = [
  podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend' }),
  podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart', ports: { http: 8080 } }),
  podYaml({ name: 'cart-new-1', ip: '10.1.0.3', deployment: 'cart-new', labels: { app: 'cart' } }),
  podYaml({ name: 'twin-1', ip: '10.1.0.4', deployment: 'twin' }),
  podYaml({ name: 'twin-2', ip: '10.1.0.4', deployment: 'other' }),
  serviceYaml({ name: 'cart', ip: '10.96.0.7', selector: { app: 'cart' }, ports: [{ port: 80, targetPort: 8080 }] }),
  serviceYaml({ name: 'empty', ip: '10.96.0.8', selector: { app: 'nobody' }, ports: [{ port: 53, protocol: 'UDP' }] }),
];

t.test('who is who, through a real aggregator', async (t) => {
  const folder = t.testdir({ cluster: { 'all.yaml': objects.join('\n---\n') } });
  const args = ['--listen', '127.0.0.1:0', '--metrics-listen', '127.0.0.1:0', '--cluster', 'demo'].concat(
    ['--cluster-files', join(folder, 'cluster'), '--database', join(folder, 'weir.db'), '--keep', '15s=36500d'],
    ['--pod-cidr', '10.1.0.0/16', '--service-cidr', '10.96.0.0/16', '--identity-wait', '20ms'],
  );
  let server = await AggregatorProcess.start(args);
  t.teardown(() => server.end('SIGTERM'));
  const run = (...words: string[]) => weir(words, { aggregator: server.listening.addresses[0] as string });
  const connection = connect(server.listening.addresses[0] as string);
  const agent = new Pusher(connection);
  await agent.welcome();
  const remotes = ['203.0.113.7', '203.0.113.8', '198.51.100.1', '10.1.0.4', '10.1.9.9', '10.96.9.9'];
  agent.send(
    batchOf(
      1,
      remotes.map((remote) => call('frontend-1', remote, 443)),
    ),
  );
  await agent.ackThrough(1);
  connection.close();

  await t.test('silent workloads are listed with no traffic', async (t) => {
    const { stdout } = await run('workloads', '-n', 'shop');
    t.match(stdout, /\nshop\/deployment\/cart +1 +0 +0 +silent\n/);
    t.match(stdout, /\nshop\/deployment\/frontend +1 +0 +6 +active\n/);
    const workloads = JSON.parse((await run('workloads', '-o', 'json')).stdout) as wire.WorkloadSummary[];
    t.equal(workloads.filter(({ egressEdges, ingressEdges }) => egressEdges + ingressEdges === 0).length, 4);
  });

  await t.test('a Service tells the workloads behind its ports', async (t) => {
    const { stdout } = await run('services');
    t.match(
      stdout,
      /\nshop\/cart +10\.96\.0\.7 +80\/TCP +shop\/deployment\/cart:8080, shop\/deployment\/cart-new:8080\n/,
    );
    t.match(stdout, /\nshop\/empty +10\.96\.0\.8 +53\/UDP +nothing\n/);
    t.match(await run('services', '-n', 'nope'), { status: 1, stderr: /^weir: No such namespace: nope/ });
  });

  await t.test('what has no name is counted by reason, and the duplicate address is named', async (t) => {
    const { stdout } = await run('status');
    t.match(stdout, /\naddresses without a name: 1 of the pods' network .*; 1 of the Services' .*; 1 that several had/);
    t.match(stdout, /\nnote {3}10\.1\.0\.4 is stated by the pods shop\/twin-1 and shop\/twin-2\n/);
  });

  await t.test('an alias names flows from before it, makes one rule, and outlives the aggregator', async (t) => {
    t.match(await run('alias', 'set', 'bank', '203.0.113.0/24', '--allowed', '--comment', 'ask \u001b[2JAnn'), {
      status: 0,
      stderr: 'bank names 203.0.113.0/24\n',
    });
    t.match(await run('alias', 'set', 'visit', '198.51.100.1', '--expires', '7d'), { status: 0 });
    t.match((await run('flows')).stdout, /shop\/deployment\/frontend +bank 203\.0\.113\.7 +443\/TCP/);
    t.match((await run('graph', '-o', 'mermaid')).stdout, /"visit 198\.51\.100\.1"/);
    const made = await run('policy', 'generate', '-n', 'shop', 'deployment/frontend', '--egress');
    t.equal(made.stdout.split('cidr:').length - 1, 1);
    t.match(made.stdout, /cidr: 203\.0\.113\.0\/24/);
    await server.end('SIGTERM');
    server = await AggregatorProcess.start(args);
    const { stdout } = await run('alias', 'list');
    t.match(
      stdout,
      /^NAME +BLOCK +ALLOWED +EXPIRES +COMMENT\nbank +203\.0\.113\.0\/24 +yes +never +ask \\x1b\[2JAnn\n/,
    );
    t.match(stdout, /\nvisit +198\.51\.100\.1\/32 +no +20\d\d-/);
    t.match(await run('alias', 'remove', 'bank'), { status: 0, stderr: 'bank names nothing any more\n' });
    t.notMatch((await run('flows')).stdout, /bank/);
  });

  await t.test('what is wrong with an alias is said', async (t) => {
    for (const [words, status, said] of [
      [
        ['set', 'bank', 'bank.example'],
        2,
        /^weir: The alias is not valid: "bank.example" is no address or block; give/,
      ],
      [['set', 'bank', '203.0.113.7/24'], 2, /has bits behind its prefix; give 203.0.113.0\/24/],
      [['set', 'bank', '203.0.113.7', '--expires', 'soon'], 2, /--expires soon: give a time from now such as 7d/],
      [['set', 'bank', '203.0.113.7', '--expires', '2020-01-31'], 2, /would expire in the past/],
      [['remove', 'bank'], 1, /^weir: No such alias: "bank"; list them/],
    ] as const) {
      t.match(await run('alias', ...words), { status, stderr: said }, words.join(' '));
    }
    const left = JSON.parse((await run('alias', 'list', '-o', 'json')).stdout) as wire.Alias[];
    t.match(left, [{ name: 'visit', cidr: '198.51.100.1/32', allowed: false, expired: false }]);
    t.equal(left.length, 1);
  });
});
