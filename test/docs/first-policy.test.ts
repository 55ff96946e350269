import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ApiCluster } from '../chart/api-cluster.ts';
import { whyNoHelm } from '../chart/helm.ts';
import { blocksOf, commandsIn, exampleIn, missingLines, pageOf } from './blocks.ts';
import { FirstPolicyCluster } from './first-policy-cluster.ts';
import { runTyped } from './typed.ts';

const document = 'docs/FIRST-POLICY.md';

/** Remarks of the page at which something happens in the cluster. */
const happenings: Readonly<Record<string, (cluster: FirstPolicyCluster) => Promise<void>>> = {
  'the test lets a day pass': (cluster) => cluster.watch(24),
  'the test lets the policy keep somebody out': (cluster) => cluster.watchDenial(),
};

/** The remarks and the blocks of the page, in its order. */
function stepsOf(page: string) {
  const remarks = [...page.matchAll(/<!-- (.*?) -->/g)].map(({ index, 1: remark = '' }) => ({
    line: page.slice(0, index).split('\n').length,
    remark,
  }));
  return [...remarks, ...blocksOf(document)].toSorted((a, b) => a.line - b.line);
}

await t.test('the first policy comes out as the page says', { skip: whyNoHelm() }, async (t) => {
  const cluster = await FirstPolicyCluster.start(t);
  // The API of Kubernetes alone: what is applied there comes to be in force in the other.
  const api = await ApiCluster.start(t);
  const folder = t.testdir({});
  const file = (name: string) => readFileSync(join(folder, name), 'utf8');
  let happened = 0;
  for (const step of stepsOf(pageOf(document))) {
    const place = `${document}:${step.line}`;
    if ('remark' in step) {
      const happen = happenings[step.remark];
      if (happen === undefined) throw new Error(`${place}: nothing happens here`);
      await happen(cluster);
      happened++;
      continue;
    }
    const example = exampleIn(step);
    if (example !== null) {
      const { status, stdout, stderr } = await runTyped(example.command, { aggregator: cluster.address, folder });
      t.strictSame(missingLines(example, `${stdout}\n${stderr}`), [], `${place} prints its lines: ${stdout}${stderr}`);
      t.equal(status, example.status, `${place} ends with ${example.status}`);
    } else if (step.kind.startsWith('yaml in ')) {
      const lines = step.text.trimEnd().split('\n');
      t.strictSame(
        missingLines({ command: '', lines, status: 0 }, file(step.kind.slice('yaml in '.length))),
        [],
        place,
      );
    } else {
      for (const command of commandsIn(step)) {
        const applied = /^kubectl apply --namespace shop -f (\S+)$/.exec(command)?.[1];
        if (applied === undefined) continue;
        t.match(await api.sh(`cd '${folder}' && ${command}`), { status: 0 }, command);
        cluster.apply(file(applied));
      }
    }
  }
  t.equal(happened, Object.keys(happenings).length, 'all of it happened');
});
