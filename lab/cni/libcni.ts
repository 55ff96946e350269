import { mkdir, rename, writeFile } from 'node:fs/promises';
import type { Cluster, LabNode, LabPod } from '../cluster.ts';

/** A network as it stands in a node's CNI configuration, and what libcni keeps of those who were added to it. */
export interface CniNetwork {
  readonly name: string;
  readonly plugin: string;
  /** Name of its file in /etc/cni/net.d. */
  readonly file: string;
  /** Of the pods' addresses. */
  readonly prefixLength: number;
  /** Where libcni's result cache can be read; elsewhere the CNI's own names and stores have to say who is who. */
  readonly results: 'every node' | 'first node';
}

const cniVersion = '0.3.1';

/** Leaves the network's configuration on every node. */
export async function writeConfiguration(nodes: readonly LabNode[], { name, plugin, file }: CniNetwork): Promise<void> {
  for (const { cniConfDir } of nodes) {
    await mkdir(cniConfDir, { recursive: true });
    await writeFile(`${cniConfDir}/${file}`, JSON.stringify({ cniVersion, name, plugins: [{ type: plugin }] }));
  }
}

/** Leaves what libcni leaves after each successful ADD, its result cache, where it is to be found. */
export async function writeResults(cluster: Cluster, pods: readonly LabPod[], network: CniNetwork): Promise<void> {
  for (const pod of pods) {
    const node = cluster.node(pod.node);
    if (network.results === 'every node' || node === cluster.nodes[0]) await writeResult(node, pod, network);
  }
}

/** Writes a cache entry (https://github.com/containernetworking/cni, libcni/api.go, cachedInfo). */
async function writeResult(node: LabNode, pod: LabPod, { name, plugin, prefixLength }: CniNetwork): Promise<void> {
  const config = { cniVersion, name, plugins: [{ type: plugin }] };
  const entry = {
    kind: 'cniCacheV1',
    containerId: pod.sandbox,
    config: Buffer.from(JSON.stringify(config)).toString('base64'),
    ifName: 'eth0',
    networkName: name,
    netns: pod.netnsPath,
    cniArgs: [
      ['IgnoreUnknown', '1'],
      ['K8S_POD_NAMESPACE', pod.namespace],
      ['K8S_POD_NAME', pod.name],
      ['K8S_POD_INFRA_CONTAINER_ID', pod.sandbox],
      ['K8S_POD_UID', pod.uid],
    ],
    result: {
      cniVersion,
      dns: {},
      interfaces: [{ name: pod.interface }],
      ips: [{ address: `${pod.address}/${prefixLength}`, version: '4' }],
    },
  };
  const path = `${node.cniResultsDir}/${name}-${pod.sandbox}-eth0`;
  await mkdir(node.cniResultsDir, { recursive: true });
  // libcni writes in place; a reader of the lab should never find half an entry.
  const unfinished = `${node.cniResultsDir}/.${pod.sandbox}`;
  await writeFile(unfinished, JSON.stringify(entry));
  await rename(unfinished, path);
}
