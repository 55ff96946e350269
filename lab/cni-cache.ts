import { mkdir, rename, writeFile } from 'node:fs/promises';
import type { LabNode, LabPod } from './cluster.ts';

/** What differs between CNIs in their entries. */
export interface CniNetwork {
  readonly network: string;
  readonly plugin: string;
  readonly prefixLength: number;
}

/**
 * Leaves what libcni leaves after a successful ADD: its result cache entry
 * (https://github.com/containernetworking/cni, libcni/api.go, cachedInfo).
 */
export async function writeCniResult(
  node: LabNode,
  pod: LabPod,
  { network, plugin, prefixLength }: CniNetwork,
): Promise<void> {
  const config = { cniVersion: '0.3.1', name: network, plugins: [{ type: plugin }] };
  const entry = {
    kind: 'cniCacheV1',
    containerId: pod.sandbox,
    config: Buffer.from(JSON.stringify(config)).toString('base64'),
    ifName: 'eth0',
    networkName: network,
    netns: pod.netnsPath,
    cniArgs: [
      ['IgnoreUnknown', '1'],
      ['K8S_POD_NAMESPACE', pod.namespace],
      ['K8S_POD_NAME', pod.name],
      ['K8S_POD_INFRA_CONTAINER_ID', pod.sandbox],
      ['K8S_POD_UID', pod.uid],
    ],
    result: {
      cniVersion: '0.3.1',
      dns: {},
      interfaces: [{ name: pod.interface }],
      ips: [{ address: `${pod.address}/${prefixLength}`, version: '4' }],
    },
  };
  const path = `${node.cniResultsDir}/${network}-${pod.sandbox}-eth0`;
  await mkdir(node.cniResultsDir, { recursive: true });
  // libcni writes in place; a reader of the lab should never find half an entry.
  const unfinished = `${node.cniResultsDir}/.${pod.sandbox}`;
  await writeFile(unfinished, JSON.stringify(entry));
  await rename(unfinished, path);
}
