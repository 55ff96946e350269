import { mkdir, rename, writeFile } from 'node:fs/promises';
import type { LabNode, LabPod } from '../../cluster.ts';
import { macOf } from '../wiring.ts';

/** What stands for /var/run/cilium on a node. */
export function ciliumRunDir(node: LabNode): string {
  return `${node.dir}/cilium`;
}

/** Endpoint ids are unique on a node, as the last bytes of addresses are. */
function endpointId({ address }: LabPod): number {
  return 1000 + Number(address.split('.')[3]);
}

/**
 * Leaves what Cilium's agent keeps of an endpoint to find it again after a restart
 * (https://github.com/cilium/cilium, pkg/endpoint/restore.go, serializableEndpoint).
 */
export async function writeEndpointState(node: LabNode, pod: LabPod, ifindex: number): Promise<void> {
  const id = endpointId(pod);
  const stored = {
    ID: id,
    ContainerName: '',
    dockerID: pod.sandbox,
    DockerNetworkID: '',
    DockerEndpointID: '',
    IfName: pod.interface,
    IfIndex: ifindex,
    LXCMAC: macOf(pod.address),
    IPv6: '',
    IPv4: pod.address,
    NodeMAC: macOf(node.podGateway),
    K8sPodName: pod.name,
    K8sNamespace: pod.namespace,
  };
  const dir = `${ciliumRunDir(node)}/state/${id}`;
  await mkdir(dir, { recursive: true });
  await writeFile(`${dir}/.ep_config.json`, JSON.stringify(stored));
  await rename(`${dir}/.ep_config.json`, `${dir}/ep_config.json`);
}
