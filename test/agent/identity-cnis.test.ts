import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ApiProcess } from '../kube/api-process.ts';
import { ipBatch } from './namespaces.ts';
import { TestNode, whyNoKernel } from './node-fixture.ts';
import { OvsdbServer, whyNoOvsdb } from './ovsdb-server.ts';
import type { TestPod } from './pod-wiring.ts';
import { serveUnix } from './unix-server.ts';
import { Watched } from './watched.ts';

const skip = whyNoKernel();

const sha = (algorithm: 'sha1' | 'sha256', text: string) => createHash(algorithm).update(text).digest('hex');

/** A node whose API knows some pods, and an agent that has to name them. */
async function clusterNode(t: Test, names: readonly string[]) {
  const node = new TestNode();
  const w = new Watched(t, { node });
  await w.listen();
  const manifests = join(node.folder, 'manifests');
  mkdirSync(manifests);
  for (const name of names) {
    const metadata = { namespace: 'test', name, uid: `uid-${name}` };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: 'n1' } };
    writeFileSync(join(manifests, `${name}.json`), JSON.stringify(pod));
  }
  const kubeconfig = join(node.folder, 'kubeconfig');
  const flags = ['--listen', '127.0.0.1:6443'];
  await ApiProcess.start(t, manifests, kubeconfig, { netns: node.netns, flags });
  const start = (...more: string[]) => w.startAgent(['--kubeconfig', kubeconfig, ...more]);
  return { w, node, start, status: () => w.ingest.statuses.at(-1) };
}

const detected = (w: Watched) => w.ingest.statuses.at(-1)?.cnis.map(({ name }) => name);

t.test('names alone serve on Calico and AWS, and a contradiction does not', { skip }, async (t) => {
  const { w, node, start, status } = await clusterNode(t, ['web', 'api', 'other']);
  const eni = (name: string) => `eni${sha('sha1', `test.${name}`).slice(0, 11)}`;
  node.addPod('web', { named: false });
  node.addPod('api', { named: false, interface: () => eni('api') });
  const lying = node.addPod('lying', { interface: () => eni('other') });
  start();
  await w.podsKnown(2);
  t.same(detected(w), ['calico', 'aws-vpc']);
  t.match(status()?.resolvedByMeans, { 'interface-name': 2 });
  const [complaint = ''] = status()?.unresolvedInterfaces ?? [];
  t.equal(
    complaint,
    `${lying.interface}: interface-name says test/other, its namespace is that of test/lying`,
    'the reason is told',
  );
  t.match(status()?.unresolvedByReason, { contradiction: 1 });
  const say = await node.startPython(lying, 'speak');
  await say.ask(`c tcp ${node.address} 9`);
  await w.settled();
  t.notOk(
    w.records.some(({ pod }) => pod.name === 'lying' || pod.name === 'other'),
    'nothing is reported under a name in doubt',
  );
});

t.test('Weave, and its own links', { skip }, async (t) => {
  const { w, node, start, status } = await clusterNode(t, []);
  node.addPod('web', { interface: (id) => `vethwepl${id.slice(0, 7)}` });
  ipBatch(null, [`netns add ${node.netns}-weave`]);
  t.teardown(() => ipBatch(null, [`netns del ${node.netns}-weave`]));
  ipBatch(node.netns, [`link add vethwe-bridge type veth peer name datapath netns ${node.netns}-weave`]);
  start();
  await w.podsKnown(1);
  t.same(detected(w), ['weave']);
  await w.settled();
  t.same(status()?.unresolvedInterfaces, [], 'are no pod’s');
  t.equal(status()?.interfacesAttached, 1);
});

t.test('OVN-Kubernetes and Antrea write pods into OVSDB', { skip: skip || whyNoOvsdb() }, async (t) => {
  const server = new OvsdbServer();
  t.teardown(() => server.remove());
  await server.start();
  server.initialise();
  const { w, node, start, status } = await clusterNode(t, ['ovn', 'antrea', 'sdn']);
  const ovn = node.addPod('ovn', { named: false, interface: (id) => id.slice(0, 15) });
  const antrea = node.addPod('antrea', { named: false, interface: (id) => `antrea-${sha('sha1', id).slice(0, 6)}` });
  const indexOf = (pod: TestPod) => Number(/^\d+/.exec(node.run(['ip', '-o', 'link', 'show', pod.interface]))?.[0]);
  const add = (pod: TestPod, externalIds: Readonly<Record<string, string>>, ifindex = indexOf(pod)) =>
    server.add({ name: pod.interface, ifindex, externalIds: { ...externalIds, sandbox: pod.containerId } });
  start('--cni', 'ovn-kubernetes', '--ovsdb', server.socket);
  await w.until(() => status()?.unresolvedByReason['no-sandbox'] === 2, 'nothing is known yet');
  add(ovn, { 'iface-id': 'test_ovn', 'iface-id-ver': 'uid-ovn' });
  add(antrea, { 'pod-namespace': 'test', 'pod-name': 'antrea', 'container-id': antrea.containerId });
  await w.podsKnown(2);
  t.match(status()?.resolvedByMeans, { ovsdb: 2 });
  t.match(status()?.cnis, [{ name: 'ovn-kubernetes', forced: true }]);
  const stale = node.addPod('sdn', { named: false, interface: () => 'veth12ab34cd' });
  add(stale, { 'iface-id': 'test_ovn' }, indexOf(stale) + 100);
  await w.until(() => status()?.interfacesAttached === 3, 'a third interface');
  await w.settled();
  t.match(status()?.unresolvedInterfaces, [/^veth12ab34cd: no sandbox is known/], 'a row of another index is not its');
  await server.stop();
  await w.until(
    () => status()?.identitySources.some(({ detail }) => detail.startsWith('the server closed')) === true,
    'the outage is told',
  );
});

t.test('Cilium lists its endpoints', { skip }, async (t) => {
  const { w, node, start, status } = await clusterNode(t, ['web']);
  const web = node.addPod('web', { named: false, interface: (id) => `lxc${sha('sha256', `${id}:eth0`).slice(0, 12)}` });
  const index = Number(/^\d+/.exec(node.run(['ip', '-o', 'link', 'show', web.interface]))?.[0]);
  const folder = join(node.folder, 'cilium');
  mkdirSync(folder);
  const identifiers = { 'k8s-namespace': 'test', 'k8s-pod-name': 'web', 'container-id': web.containerId };
  const networking = { 'interface-index': index, 'interface-name': web.interface };
  await serveUnix(t, join(folder, 'cilium.sock'), (_, response) =>
    response.end(JSON.stringify([{ status: { 'external-identifiers': identifiers, networking } }])),
  );
  start();
  await w.podsKnown(1);
  t.same(detected(w), ['cilium']);
  t.match(status()?.resolvedByMeans, { 'cilium-api': 1 });
});
