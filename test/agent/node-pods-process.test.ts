import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { apiFeature } from '../../agent/identity/node-pods.ts';
import { ApiProcess } from '../kube/api-process.ts';
import { AgentProcess } from './agent-process.ts';
import { IngestDouble } from './ingest-double.ts';
import { TestNode, whyNoKernel } from './node-fixture.ts';

t.test('the agent watches the pods of its node, and tells when it cannot', { skip: whyNoKernel() }, async (t) => {
  const node = new TestNode();
  t.teardown(() => node.remove());
  const address = `unix:${join(node.folder, 'aggregator.sock')}`;
  const ingest = new IngestDouble();
  await ingest.listen(address);
  t.teardown(() => ingest.kill());
  const manifests = join(node.folder, 'manifests');
  mkdirSync(manifests);
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', uid: 'uid-a' }, spec: { nodeName: 'n1' } };
  writeFileSync(join(manifests, 'pods.json'), JSON.stringify(pod));
  const kubeconfig = join(node.folder, 'kubeconfig');
  const startApi = () =>
    ApiProcess.start(t, manifests, kubeconfig, { netns: node.netns, flags: ['--listen', '127.0.0.1:6443'] });
  const api = await startApi();
  const agent = new AgentProcess(node, address, ['--kubeconfig', kubeconfig]);
  t.teardown(() => agent.stop());
  const feature = () => ingest.statuses.at(-1)?.features.find(({ name }) => name === apiFeature);
  await ingest.until(() => feature()?.active === true, 'the first list is in');
  await api.end('SIGKILL');
  await ingest.until(() => feature()?.active === false, 'the outage is told');
  t.match(feature()?.reason, /^http:\/\/127.0.0.1:6443: .*; since \d{4}-/);
  await startApi();
  await ingest.until(() => feature()?.active === true, 'the API answers again');
  t.equal(await agent.stop(), 0);
});
