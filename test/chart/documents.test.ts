import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { errorTable } from '../../core/errors.ts';
import { whyNoKernel } from '../agent/node-fixture.ts';
import { ApiCluster, type Started } from './api-cluster.ts';
import { blocksOf, documents } from './documents.ts';
import { root, whyNoHelm } from './helm.ts';
import { startNodeCluster } from './node-cluster.ts';

const skip = whyNoHelm() || whyNoKernel();
const [install, ...others] = documents;
const [first = [], ...rest] = blocksOf(install);
const alternatives = rest.filter((block) => block.some((line) => line.startsWith('helm install ')));
const removal = rest.filter((block) => block.some((line) => line.startsWith('helm uninstall ')));
const further = rest.filter((block) => !alternatives.includes(block) && !removal.includes(block));

t.setTimeout(180_000);

t.test('each other way to install works in a cluster without any other', { skip }, async (t) => {
  t.equal(alternatives.length, 2);
  for (const block of alternatives) {
    const cluster = await ApiCluster.start(t);
    for (const line of block) t.match(await cluster.sh(line), { status: 0 }, line);
  }
});

t.test('every command of the pages does what it is there for', { skip }, async (t) => {
  const { cluster, kubelet, node } = await startNodeCluster(t);
  const trust = '--tls-ca weir-ca.crt --tls-server-name weir-aggregator';
  const aggregator = () => `${kubelet.addressOf('weir/weir-aggregator-0')}:7280`;
  /** What has only just been started is not healthy yet. */
  const untilHealthy = async (line: string) => {
    const given = `WEIR_AGGREGATOR=${aggregator()} WEIR_TLS_CA=weir-ca.crt WEIR_TLS_SERVER_NAME=weir-aggregator`;
    const deadline = Date.now() + 30_000;
    for (;;) {
      const ran = await cluster.sh(`export ${given}; ${line}`);
      if (ran.status !== 3 || Date.now() > deadline) return ran;
      await sleep(200);
    }
  };
  const run = async (blocks: readonly (readonly string[])[]) => {
    for (const block of blocks) {
      const started: Started[] = [];
      for (const line of block) {
        if (line.endsWith(' &')) started.push(await cluster.start(line, /^Forwarding from 127\.0\.0\.1:7280 /m));
        else if (line.startsWith('weir status')) t.match(await untilHealthy(line), { status: 0 }, line);
        else t.match(await cluster.sh(line), { status: 0 }, line);
        if (line.includes('--remove-pins')) await kubelet.ended('weir/weir-agent-n1');
        else if (/^helm (install|upgrade) /.test(line)) await kubelet.ready();
        t.strictSame(kubelet.problems, []);
      }
      for (const { stop } of started) await stop();
    }
  };
  const [asking = [], ...later] = further;
  await run([first, asking]);
  const notes = (await cluster.must('helm get notes weir --namespace weir')).split('\n').map((line) => line.trim());
  await run([notes.filter((line) => /^(kubectl|helm|weir) /.test(line))]);
  await run(later);
  t.match(await cluster.must('helm get values weir --namespace weir'), /cluster: production/, 'upgrades keep values');
  // What the pages look for in the log: a change, and somebody who may not.
  const set = `weir alias set office 203.0.113.0/24 --aggregator ${aggregator()} ${trust}`;
  await cluster.must('kubectl create token default --namespace shop > token');
  t.match(await cluster.sh(`${set} --token-file token`), { stderr: /This is not allowed/ });
  await cluster.must(set);
  await run(others.flatMap(blocksOf));
  const pinned = () => readdirSync(node.pins, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  t.ok(pinned().length > 0);
  await run(removal);
  await kubelet.settled();
  t.strictSame(pinned(), [], 'nothing is left in the kernel');
});

t.test('links lead somewhere, and messages are ones that there are', async (t) => {
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8');
    for (const [, link = ''] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      t.ok(existsSync(join(root, dirname(document), link)), `${document}: ${link}`);
    }
  }
  const texts = Object.values(errorTable).map((row) => row.text);
  const page = readFileSync(join(root, 'docs', 'TROUBLESHOOTING.md'), 'utf8');
  for (const message of [
    'It is not known who asks',
    'This is not allowed',
    'The Kubernetes API did not say who may do this',
    'Another agent watches this node',
    'The kernel offers no BTF type information',
    'The agent reports for a node that it does not run on',
  ] as const) {
    t.ok(
      texts.some((known) => known === message),
      message,
    );
    t.ok(page.includes(message), message);
  }
});
