import { join } from 'node:path';
import t from 'tap';
import { Containerd, whyNoContainerd } from './cri/containerd.ts';
import { TestNode, whyNoKernel } from './node-fixture.ts';
import { Watched } from './watched.ts';

t.test('pods of a real containerd', { skip: whyNoKernel() || whyNoContainerd() }, async (t) => {
  const node = new TestNode();
  const w = new Watched(t, { node });
  await w.listen();
  const containerd = new Containerd(node);
  t.teardown(() => containerd.remove());
  await containerd.start();
  const status = () => w.ingest.statuses.at(-1);
  const source = (name: string) => status()?.identitySources.find((each) => each.name === name);
  await containerd.run('first', 'uid-first');

  await t.test('are known to the runtime where the CNI cache is not to be seen', async (t) => {
    const agent = w.startAgent(['--cri', containerd.socket]);
    await w.podsKnown(1);
    t.match(status()?.resolvedByMeans, { cri: 1 });
    t.match(source('cri'), { state: 'SOURCE_STATE_OK', detail: `1 sandboxes from ${containerd.socket}` });
    const second = await containerd.run('second', 'uid-second');
    await w.podsKnown(2);
    t.match(status()?.resolvedByMeans, { cri: 2 });
    await containerd.stop(second);
    await w.until(() => status()?.interfacesAttached === 1, 'the second is gone');
    await agent.stop();
  });

  await t.test('are named by what libcni inside it writes down', async (t) => {
    const agent = w.startAgent(['--cni-results', containerd.cniResults, '--cri', join(node.folder, 'nothing')]);
    await w.until(() => status()?.resolvedByMeans['cni-cache'] === 1, 'the cache serves');
    t.match(source('cni-cache'), { state: 'SOURCE_STATE_OK' });
    await agent.stop();
  });
});
