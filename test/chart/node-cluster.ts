import type { Test } from 'tap';
import type { PodAccess } from '../../lab/kube-api/pod-access.ts';
import { TestNode } from '../agent/node-fixture.ts';
import { ApiCluster } from './api-cluster.ts';
import { Kubelet } from './kubelet.ts';
import { connectionIn, listenerIn } from './listener.ts';

/** A cluster with one node, in network namespaces of its own: what is installed in it runs. */
export async function startNodeCluster(t: Test) {
  const node = new TestNode();
  t.teardown(() => node.remove());
  const logs = new Map<string, string>();
  const at = { host: node.address, listener: await listenerIn(node.netns, node.address) };
  const within = ['nsenter', `--net=/run/netns/${node.netns}`];
  const pods: PodAccess = {
    logOf: (pod) => logs.get(pod) ?? null,
    exec: async (pod, command) => await kubelet.pod(pod).exec(command),
    connect: async (pod, port) => await connectionIn(kubelet.pod(pod).netns, port),
  };
  const cluster = await ApiCluster.start(t, { at, within, hasKubelets: true, pods });
  const kubelet = new Kubelet(cluster.api, node, logs);
  t.teardown(async () => {
    if (!t.passing()) for (const [pod, text] of logs) t.comment(`${pod}: ${text.slice(-3000)}`);
    await kubelet.stop();
  });
  return { node, cluster, kubelet, logs };
}
