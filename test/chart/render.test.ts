import { join } from 'node:path';
import t from 'tap';
import { stringify } from 'yaml';
import { isFresh } from './fresh.ts';
import { chart, helm, type KubeObject, render, root, toolFolders, whyNoHelm } from './helm.ts';
import { schemaFaults } from './kubernetes-types.ts';
import { valueSets, wrongValues } from './value-sets.ts';

const skip = whyNoHelm();

/** Certificates are new each time. */
function withoutCertificates(objects: readonly KubeObject[]): unknown {
  const text = JSON.stringify(objects);
  return JSON.parse(
    text
      .replaceAll(/"(tls\.crt|tls\.key|ca\.crt)":"[^"]+"/g, '"$1":"…"')
      .replaceAll(/("weir.dev\/valid-until":")\d+/g, '$1…'),
  );
}

for (const folder of toolFolders) {
  t.test(`helm of ${folder} finds nothing wrong with the chart`, { skip }, async (t) => {
    t.match(await helm(folder, 'lint', '--strict', chart), /1 chart\(s\) linted, 0 chart\(s\) failed/);
  });

  t.test(`helm of ${folder} refuses values that cannot work, and says why`, { skip }, async (t) => {
    for (const [values, message] of wrongValues) {
      await t.rejects(render(folder, values), { message }, JSON.stringify(values));
    }
  });
}

t.test('the check against the schema finds what is wrong', async (t) => {
  const metadata = { name: 'x' };
  const of = (spec: object) => schemaFaults({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec });
  const template = { spec: { containers: [{ name: 'a' }] } };
  const selector = {};
  t.strictSame(of({ selector, template }), []);
  t.strictSame(of({ selector, template, replicas: 1 }), ['unknown field "spec.replicas"']);
  t.strictSame(of({ template }), ['missing required field "spec.selector"']);
  const withTty = of({ selector, template: { spec: { containers: [{ name: 'a', tty: 'yes' }] } } });
  t.match(withTty, [/^spec.template.spec.containers\[0\].tty: "yes" is no/]);
  t.strictSame(schemaFaults({ apiVersion: 'apps/v2', kind: 'Thing', metadata }), ['no types of apps/v2 Thing']);
});

t.test('helm 3 and helm 4 render the same', { skip }, async (t) => {
  for (const name of ['nothing', 'everything', 'cert-manager']) {
    const values = valueSets[name] as object;
    const [three, four] = await Promise.all(toolFolders.map((folder) => render(folder, values)));
    t.strictSame(withoutCertificates(three ?? []), withoutCertificates(four ?? []), name);
    const keys = four?.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    t.equal(new Set(keys).size, keys?.length, `${name}: no object is there twice`);
  }
});

t.test('what is rendered is what was looked at', { skip }, async (t) => {
  for (const name of ['nothing', 'everything']) {
    const objects = await render('kube-1.36', valueSets[name] as object);
    // Dashboards and alerts are files as they are.
    const own = objects.filter((each) => each.kind !== 'PrometheusRule' && !JSON.stringify(each).includes('grafana_'));
    const made = stringify(withoutCertificates(own), { lineWidth: 0 });
    isFresh(t, join(root, 'test', 'chart', 'snapshots', `${name}.yaml`), made, `values of ${name} render otherwise`);
  }
});
