import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { version } from '../../core/version.ts';
import { AgentProcess } from '../agent/agent-process.ts';
import { TestNode, whyNoKernel } from '../agent/node-fixture.ts';
import { nodeYaml } from '../aggregator/cluster-fixture.ts';
import { AggregatorProcess } from '../aggregator/process.ts';
import { weirHere } from './in-process.ts';
import type { Outcome } from './run.ts';

t.setTimeout(120_000);

/** What status says once it says something. */
async function statusWhen(aggregator: string, wanted: RegExp, ...more: string[]): Promise<Outcome> {
  for (;;) {
    const outcome = await weirHere(['status', ...more], { aggregator, folder: process.cwd() });
    if (wanted.test(outcome.stdout)) return outcome;
    await sleep(200);
  }
}

t.test('status of a real aggregator with a real agent', { skip: whyNoKernel() }, async (t) => {
  const node = new TestNode();
  t.teardown(() => node.remove());
  const folder = t.testdir({
    cluster: {
      'n1.yaml': nodeYaml('n1', '172.30.0.11', '10.9.0.0/24'),
      'n2.yaml': nodeYaml('n2', '172.30.0.12', '10.9.1.0/24'),
    },
  });
  const address = `unix:${join(node.folder, 'weir.sock')}`;
  const server = await AggregatorProcess.start(
    ['--listen', address, '--metrics-listen', '127.0.0.1:0', '--database', join(folder, 'weir.db')].concat([
      '--cluster',
      'test',
      '--cluster-files',
      join(folder, 'cluster'),
    ]),
  );
  t.teardown(() => server.end('SIGTERM'));

  const before = await weirHere(['status'], { aggregator: address, folder });
  t.equal(before.status, 3, 'nobody watches the nodes');
  t.match(before.stdout, /^Weir [^ ]+ is not healthy: 1 fault\n\nfault {2}n1, n2: no agent has ever reported\n/);

  node.addPod('client');
  const agent = new AgentProcess(node, address);
  t.teardown(() => agent.stop());
  const half = await statusWhen(address, /\nagents: 1 reporting, 1 missing, 1 of 1 interfaces have a pod/);
  t.equal(half.status, 3);
  t.match(half.stdout, /\nfault {2}n2: no agent has ever reported\n/);
  t.match(half.stdout, /\nn1 +reports +\d+s +1\/1 +\d+ \(0%\)\n$/);

  rmSync(join(folder, 'cluster', 'n2.yaml'));
  const whole = await statusWhen(address, /^Weir [^ ]+ is healthy/, '-o', 'wide');
  t.equal(whole.status, 0, 'every node is watched');
  t.match(whole.stdout, /\nstore: SQLite .*weir\.db, schema \d+, \d+ KiB\n/);
  t.match(
    whole.stdout,
    new RegExp(`\\nAGGREGATOR +VERSION .*\\n\\S+ +${version.replaceAll('.', '\\.')} +\\d+s +0s +1 +-\\n`),
  );
  t.match(whole.stdout, /\nCluster test: 1 node, 0 workloads, 0 pods, 0 edges; files in /);

  const { status, stdout } = await weirHere(['status', '-o', 'json'], { aggregator: address, folder });
  t.equal(status, 0);
  t.match(JSON.parse(stdout), {
    health: { healthy: true },
    replicas: [{ version, agentsConnected: 1 }],
    store: { kind: 'sqlite', problem: '' },
    clusters: [
      { nodes: 1, waiting: false, agents: [{ node: 'n1', status: { windowMs: 200, spoolMaxBytes: 64 << 20 } }] },
    ],
  });

  writeFileSync(join(folder, 'cluster', 'broken.yaml'), 'kind: Pod\napiVersion: v1\nmetadata: {}\n');
  const broken = await statusWhen(address, /not healthy: 1 fault/);
  t.equal(broken.status, 3);
  t.match(broken.stdout, /\nfault {2}broken\.yaml:3: Pod/);
});
