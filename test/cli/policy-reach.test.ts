import t from 'tap';
import { weir } from './run.ts';

function deployment(name: string): string {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [] } };
  return `${JSON.stringify({ kind: 'Deployment', metadata: { name, namespace: 'shop' }, spec: { template } })}\n---\n`;
}

function policy(from: string, port: number): string {
  const peer = { podSelector: { matchLabels: { app: from } } };
  const spec = { podSelector: { matchLabels: { app: 'cart' } }, ingress: [{ from: [peer], ports: [{ port }] }] };
  return JSON.stringify({ kind: 'NetworkPolicy', metadata: { name: 'cart', namespace: 'shop' }, spec });
}

const workloads = ['cart', 'web', 'job'].map(deployment).join('');

t.test('reach shows who may talk to whom, as table, JSON and DOT', async (t) => {
  const folder = t.testdir({ 'all.yaml': workloads, 'policy.json': policy('web', 80) });
  const table = await weir(['policy', 'reach', '--manifests', folder]);
  t.equal(table.status, 0);
  t.match(table.stdout, /^FROM +TO +ALLOWED +DEPENDS$/m);
  t.match(table.stdout, /^shop\/deployment\/web +shop\/deployment\/cart +TCP 80$/m);
  t.match(
    table.stdout,
    /^shop\/deployment\/cart, shop\/deployment\/job, .*0\.0\.0\.0\/0, ::\/0 +shop\/deployment\/web +all$/m,
  );
  t.notMatch(table.stdout, /^.*job.* +shop\/deployment\/cart/m);
  const json = await weir(['policy', 'reach', '--manifests', folder, '-o', 'json']);
  const rows = JSON.parse(json.stdout) as { from: string; to: string; allowed: object }[];
  const ofCart = rows.filter(({ to }) => to === 'shop/deployment/cart');
  t.match(ofCart, [{ from: 'shop/deployment/web', allowed: { TCP: [{ first: 80, last: 80 }], UDP: [] } }]);
  t.equal(ofCart.length, 1);
  const dot = await weir(['policy', 'reach', '--manifests', folder, '-o', 'dot']);
  t.match(dot.stdout, /^ {2}"shop\/deployment\/web" -> "shop\/deployment\/cart" \[label="TCP 80", color=black\];$/m);
});

t.test('diff shows what may talk now and could not before, and the other way round', async (t) => {
  const folder = t.testdir({
    old: { 'all.yaml': workloads, 'policy.json': policy('web', 80) },
    new: { 'all.yaml': workloads + deployment('extra'), 'policy.json': policy('job', 81) },
  });
  const args = ['policy', 'diff', '--manifests', `${folder}/new`, '--against', `${folder}/old`];
  const { status, stdout } = await weir(args);
  t.equal(status, 0);
  t.match(stdout, /^shop\/deployment\/job +shop\/deployment\/cart +TCP 81$/m);
  t.match(stdout, /^shop\/deployment\/web +shop\/deployment\/cart +TCP 80$/m);
  t.match(stdout, /shop\/deployment\/extra +shop\/deployment\/web +all$/m, 'a workload is new');
  const changes = JSON.parse((await weir([...args, '-o', 'json'])).stdout) as object[];
  t.match(
    changes.find(
      (each) =>
        'from' in each && each.from === 'shop/deployment/web' && 'to' in each && each.to === 'shop/deployment/cart',
    ),
    {
      added: { TCP: [] },
      removed: { TCP: [{ first: 80, last: 80 }] },
    },
  );
  t.match((await weir([...args, '-o', 'dot'])).stdout, /label="TCP 80", color=red/);
  const same = await weir(['policy', 'diff', '--manifests', `${folder}/old`, '--against', `${folder}/old`]);
  t.match(same, { status: 0, stdout: '', stderr: /^0 pairs of ends changed/ });
});

t.test('a manifest that cannot be read is named, and the rest is shown', async (t) => {
  const folder = t.testdir({
    'all.yaml': workloads,
    'bad.yaml': 'kind: NetworkPolicy\nmetadata: {name: a}\nspec: {x: 1}',
  });
  const { status, stdout, stderr } = await weir(['policy', 'reach', '--manifests', folder]);
  t.equal(status, 2);
  t.match(stderr, /bad\.yaml:3: NetworkPolicy a: spec: Unrecognized key: "x"/);
  t.match(stdout, /shop\/deployment\/cart/);
});
