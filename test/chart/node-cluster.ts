import type { Test } from 'tap';
import type { PodAccess } from '../../lab/kube-api/pod-access.ts';
import { TestNode } from '../agent/node-fixture.ts';
import { ApiCluster } from './api-cluster.ts';
import { Kubelet } from './kubelet.ts';
import { listenerIn } from './listener.ts';

/** A cluster with one node, in network namespaces of its own: what is installed in it runs. */
export async function startNodeCluster(t: Test) {
  const node = new TestNode();
  t.teardown(() => node.remove());
  const logs = new Map<string, string>();
  const at = { host: node.address, listener: await listenerIn(node.netns, node.address) };
  const within = ['nsenter', `--net=/run/netns/${node.netns}`];
  const pods: PodAccess = {
    logOf: (pod) => logs.get(pod) ?? null,
    exec: (pod, command) => kubelet.exec(pod, command),
    connect: (pod, port) => kubelet.connect(pod, port),
  };
  const cluster = await ApiCluster.start(t, { at, within, hasKubelets: true, pods });
  const kubelet = new Kubelet(cluster.api, node, logs);
  t.teardown(async () => {
    if (!t.passing()) for (const [pod, text] of logs) t.comment(`${pod}: ${text.slice(-3000)}`);
    await kubelet.stop();
  });
  return { node, cluster, kubelet, logs };
}
