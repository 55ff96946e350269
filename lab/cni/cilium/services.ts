import type { Cluster } from '../../cluster.ts';
import { backendsOf, targetPortOn } from '../../kube-proxy.ts';
import { addressPort, type MapEntry, number } from './maps.ts';

/** Every Service and the pods behind it. The backends stand before the Service that counts them. */
export function serviceEntries(cluster: Cluster): MapEntry[] {
  const ports = cluster.topology.services.flatMap((service) => service.ports.map((port) => ({ service, port })));
  return ports.flatMap(({ service, port }, index) => {
    const id = number(index + 1, 4);
    const backends = backendsOf(cluster, service).flatMap((pod) => {
      const target = targetPortOn(pod, port);
      return target === null ? [] : [addressPort(pod.address, target, null)];
    });
    return [
      ...backends.map((value, slot) => ({ map: 'backends', key: Buffer.concat([id, number(slot, 4)]), value })),
      {
        map: 'services',
        key: addressPort(service.clusterIp, port.port, port.protocol),
        value: Buffer.concat([id, number(backends.length, 4)]),
      },
    ];
  });
}
