import { makeCgroups } from '../cgroups.ts';
import type { Cluster, LabPod } from '../cluster.ts';
import { addNamespaces, batch, ipv4Only, setSysctls } from '../netns.ts';

/** Room for an encapsulation in the underlay's 1500 bytes. */
export const podMtu = 1400;

/** Link layer address of a pod's own end: `0a:58` and its IP address, as several CNIs have it. */
export function macOf(address: string): string {
  return ['0a', '58', ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':');
}

/** The `ip` commands for both ends of a pod's veth pair, which is made first: on the node, then inside the pod. */
export interface Wiring {
  /** What follows `link add NAME` for the node's end, such as its link layer address. */
  readonly hostLink: (pod: LabPod) => string;
  readonly host: (pod: LabPod) => readonly string[];
  readonly inside: (pod: LabPod) => readonly string[];
}

/** Makes the pods' namespaces and cgroups, and a veth pair from each to its node. */
export async function wirePods(cluster: Cluster, pods: readonly LabPod[], wiring: Wiring): Promise<void> {
  makeCgroups(pods.map(({ cgroup }) => cgroup));
  await addNamespaces(pods.map(({ netns }) => netns));
  await Promise.all(pods.map((pod) => setSysctls(pod.netns, ipv4Only)));
  await Promise.all(
    cluster.nodes.map((node) =>
      batch(
        'ip',
        node.netns,
        pods
          .filter((pod) => pod.node === node.name)
          .flatMap((pod) => [
            `link add ${pod.interface} ${wiring.hostLink(pod)} mtu ${podMtu} type veth peer name eth0 address ${macOf(pod.address)} mtu ${podMtu} netns ${pod.netns}`,
            ...wiring.host(pod),
          ]),
      ),
    ),
  );
  await Promise.all(
    pods.map((pod) => batch('ip', pod.netns, ['link set lo up', 'link set eth0 up', ...wiring.inside(pod)])),
  );
}
