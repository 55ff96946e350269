import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AgentProcess } from './agent-process.ts';
import { IngestDouble } from './ingest-double.ts';
import { TestNode, whyNoKernel } from './node-fixture.ts';

const main = join(import.meta.dirname, '..', '..', 'agent', 'main.js');

t.test('batches survive kill -9 of the agent while the aggregator is away', { skip: whyNoKernel() }, async (t) => {
  const node = new TestNode();
  t.teardown(() => node.remove());
  const address = `unix:${join(node.folder, 'aggregator.sock')}`;
  const ingest = new IngestDouble();
  ingest.acknowledging = false;
  await ingest.listen(address);
  const pod = node.addPod('client');
  const first = new AgentProcess(node, address);
  await ingest.until(() => ingest.statuses.at(-1)?.podsResolved === 1, 'the pod is known');
  node.script(
    pod,
    `import { connect } from 'node:net';
     await new Promise((resolve) => connect(1, '${pod.address.replace(/\d+$/, '200')}').on('error', resolve)
       .setTimeout(100, resolve));
     process.exit(0);`,
  );
  await ingest.until(() => ingest.records.some(({ counters }) => counters.attempts === 1), 'the attempt was sent');
  await first.stop('SIGKILL');
  ingest.kill();

  const later = new IngestDouble();
  await later.listen(address);
  t.teardown(() => later.kill());
  const second = new AgentProcess(node, address);
  t.teardown(() => second.stop());
  await later.until(() => later.batches.some(({ epoch }) => epoch !== later.batches[0]?.epoch), 'both starts arrived');
  const attempts = later.records.reduce((sum, { counters }) => sum + counters.attempts, 0);
  t.equal(attempts, 1, 'the attempt of the first start was sent again');
  t.equal(later.batches[0]?.sequence, 1, 'from the first batch that was not acknowledged');
});

t.test('SIGTERM spools the last window and ends with status 0', { skip: whyNoKernel() }, async (t) => {
  const node = new TestNode();
  t.teardown(() => node.remove());
  const address = `unix:${join(node.folder, 'aggregator.sock')}`;
  const ingest = new IngestDouble();
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  const agent = new AgentProcess(node, address, ['--window', '60s']);
  await ingest.until(() => ingest.hellos.length === 1, 'it is connected');
  t.equal(await agent.stop(), 0);
  const next = new AgentProcess(node, address);
  t.teardown(() => next.stop());
  await ingest.until(() => ingest.batches.length > 0, 'the last window arrived');
  t.equal(ingest.batches[0]?.epoch, ingest.hellos[1]?.oldest?.epoch);
});

t.test('bad flags end with status 2 and say what is wanted', async (t) => {
  const run = (...flags: string[]) => spawnSync(process.execPath, [main, ...flags], { encoding: 'utf8' });
  for (const [flags, complaint] of [
    [['--window', 'soon'], /--window: give a length of time from 1ms to 1h/],
    [['--max-edges', '0'], /--max-edges: give a whole number from 1 to/],
    [['--nonsense'], /unknown option '--nonsense'.*--help/],
    [['--log-levl', 'info'], /unknown option '--log-levl' \(Did you mean --log-level\?\)/],
    [['--log-level', 'loud'], /--log-level: give one of trace, debug/],
  ] as const) {
    const { status, stderr } = run(...flags);
    t.equal(status, 2, flags.join(' '));
    t.match(stderr, complaint);
    t.equal(stderr.trim().split('\n').length, 1, 'in one line');
  }
});

t.test('without the right to load BPF programs it says which rights it needs', { skip: whyNoKernel() }, async (t) => {
  const folder = t.testdir();
  const spool = join(folder, 'spool');
  mkdirSync(spool);
  chmodSync(spool, 0o777);
  const pins = `/sys/fs/bpf/weir-test-${process.pid}-powerless`;
  t.teardown(() => rmSync(pins, { recursive: true, force: true }));
  const agent = [process.execPath, main, '--spool', spool, '--cni-results', folder, '--pins', pins];
  const { status, stderr } = spawnSync('setpriv', ['--bounding-set=-all', '--inh-caps=-all', ...agent], {
    encoding: 'utf8',
  });
  t.equal(status, 1);
  t.match(stderr, /may not load BPF programs: .*CAP_BPF/);
});
