import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { stringify } from 'yaml';
import type { StoredObject } from '../../lab/kube-api/object-store.ts';
import { ApiCluster } from './api-cluster.ts';
import { chart, type KubeObject, render, type ToolFolder, toolFolders, whyNoHelm } from './helm.ts';
import { valueSets } from './value-sets.ts';

/* Real helm and real kubectl install the chart, change it and take it away again, by the API of Kubernetes. */

const skip = whyNoHelm();
const [three, four] = toolFolders;

t.setTimeout(120_000);

const idOf = ({ kind, metadata }: Pick<StoredObject, 'kind'> & { readonly metadata: { readonly name: string } }) =>
  `${kind}/${metadata.name}`;

/** What belongs to a release by what helm notes on it. */
function installed({ api }: ApiCluster): StoredObject[] {
  return api.store.all().filter(({ metadata }) => {
    const annotations = (metadata['annotations'] ?? {}) as Readonly<Record<string, string>>;
    return annotations['meta.helm.sh/release-name'] === 'weir';
  });
}

function object(cluster: ApiCluster, id: string): StoredObject {
  const found = cluster.api.store.all().find((each) => idOf(each) === id);
  if (found === undefined) throw new Error(`${id} is not there`);
  return found;
}

const dataOf = (cluster: ApiCluster, id: string) => object(cluster, id)['data'] as Readonly<Record<string, string>>;
const generation = (cluster: ApiCluster, id: string) => object(cluster, id).metadata['generation'];

for (const tools of toolFolders) {
  t.test(`helm of ${tools} installs, upgrades, rolls back and uninstalls`, { skip }, async (t) => {
    const cluster = await ApiCluster.start(t);
    const must = (line: string) => cluster.must(line, tools);
    const install = `helm install weir ${chart} --namespace weir --create-namespace --set cluster=production`;
    t.match(await must(install), /STATUS: deployed[^]*Weir 0.1.0 watches the cluster production/);
    const rendered = await render(tools, { cluster: 'production' });
    t.strictSame(installed(cluster).map(idOf).toSorted(), rendered.map(idOf).toSorted(), 'what was rendered is there');
    t.match(JSON.parse(await must('helm list --namespace weir --output json')), [{ name: 'weir', status: 'deployed' }]);
    t.strictSame(JSON.parse(await must('helm get values weir --namespace weir --output json')), {
      cluster: 'production',
    });
    const certificate = dataOf(cluster, 'Secret/weir-aggregator-tls');
    t.ok(certificate['tls.crt']);

    const change = '--reset-then-reuse-values --set agent.logLevel=debug --set access.roles=false';
    await must(`helm upgrade weir ${chart} --namespace weir ${change} --set monitoring.dashboards.enabled=true`);
    t.equal(generation(cluster, 'DaemonSet/weir-agent'), 2);
    t.match(JSON.stringify(object(cluster, 'DaemonSet/weir-agent')), /"--cluster=production".*"--log-level=debug"/);
    t.equal(generation(cluster, 'StatefulSet/weir-aggregator'), 1, 'what is not meant is not restarted');
    t.strictSame(dataOf(cluster, 'Secret/weir-aggregator-tls'), certificate, 'its certificate stands');
    const after = installed(cluster).map(idOf);
    t.notOk(after.includes('ClusterRole/weir-viewer'), 'what is not asked for any more is taken away');
    t.ok(after.includes('ConfigMap/weir-traffic'));

    await must('helm rollback weir 1 --namespace weir');
    t.strictSame(installed(cluster).map(idOf).toSorted(), rendered.map(idOf).toSorted());
    t.match(JSON.stringify(object(cluster, 'DaemonSet/weir-agent')), /"--log-level=info"/);
    t.match(await must('helm status weir --namespace weir'), /REVISION: 3/);

    await must('helm uninstall weir --namespace weir --wait');
    t.strictSame(installed(cluster), []);
    t.strictSame(
      cluster.api.store.all().filter(({ kind }) => kind === 'Secret'),
      [],
      'nor what helm notes for itself',
    );
  });
}

/** A change of the values of an installation, in a file. */
async function change(cluster: ApiCluster, values: object, tools: ToolFolder = four) {
  const file = join(cluster.folder, 'values.yaml');
  writeFileSync(file, stringify(values));
  return await cluster.sh(`helm upgrade --install weir ${chart} --namespace default --values ${file}`, tools);
}

t.test('a release goes from any values to any others', { skip }, async (t) => {
  const cluster = await ApiCluster.start(t);
  for (const [name, values] of Object.entries(valueSets)) {
    const { status, stderr } = await change(cluster, values);
    t.equal(status, 0, `${name}: ${stderr}`);
  }
});

t.test('what Kubernetes does not let be changed is refused, and what was there stands', { skip }, async (t) => {
  const cluster = await ApiCluster.start(t);
  await change(cluster, {});
  const larger = await change(cluster, { aggregator: { database: { sqlite: { size: '30Gi' } } } });
  t.match(larger, { status: 1, stderr: /updates to statefulset spec for fields other than/ });
  t.match(JSON.stringify(object(cluster, 'StatefulSet/weir-aggregator')), /"storage":"20Gi"/);
});

t.test('helm 4 goes on with what helm 3 installed', { skip }, async (t) => {
  const cluster = await ApiCluster.start(t);
  t.equal((await change(cluster, {}, three)).status, 0);
  t.match(await change(cluster, { agent: { logLevel: 'debug' } }, four), { status: 0 });
  t.match(JSON.stringify(object(cluster, 'DaemonSet/weir-agent')), /"--log-level=debug"/);
});

t.test('a certificate is replaced in its last days, and the authority of before is trusted on', { skip }, async (t) => {
  const cluster = await ApiCluster.start(t);
  await change(cluster, {});
  const before = dataOf(cluster, 'ConfigMap/weir-authority')['ca.crt'] ?? '';
  // All of its days are its last ones.
  await change(cluster, { certificates: { helm: { renewDaysBefore: 366 } } });
  const both = dataOf(cluster, 'ConfigMap/weir-authority')['ca.crt'] ?? '';
  t.equal(both.match(/BEGIN CERTIFICATE/g)?.length, 2);
  t.ok(both.endsWith(before));
  await change(cluster, { certificates: { helm: { renewDaysBefore: 90 } } });
  t.equal(dataOf(cluster, 'ConfigMap/weir-authority')['ca.crt'], both, 'and stands from then on');
});

t.test('what belongs to somebody else is not taken over', { skip }, async (t) => {
  const cluster = await ApiCluster.start(t);
  await cluster.must('kubectl create secret generic weir-aggregator-tls --namespace default --from-literal=a=b');
  t.match(await change(cluster, {}), { status: 1, stderr: /weir-aggregator-tls.*cannot be imported/ });
  const left = installed(cluster).filter(({ kind }) => kind !== 'Secret') as unknown as KubeObject[];
  t.strictSame(left, []);
});
