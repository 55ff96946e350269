import { type Address, addressToBytes } from '../../../core/address.ts';
import { WeirError } from '../../../core/errors.ts';
import type { Direction } from '../../../core/flow.ts';
import type { NetworkPolicy } from '../../../core/kubernetes.ts';
import { type Allowed, allowedOf } from '../../allowed.ts';
import type { Cluster, LabNode, LabPod } from '../../cluster.ts';
import { macOf } from '../wiring.ts';
import { mac, type MapEntry, number, protocolNumber } from './maps.ts';

/** As in endpoint.bpf.c. */
const maxRules = 512;
const notIsolated = 0xffff;
const directions = ['ingress', 'egress'] as const satisfies readonly Direction[];

const bytesOf = (address: string) => Buffer.from(addressToBytes(address as Address));

function maskOf(prefix: number): Buffer {
  const mask = Buffer.alloc(4);
  mask.writeUInt32BE(prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0);
  return mask;
}

function rulesOf({ peers, protocol, ports }: Allowed): Buffer[] {
  const { first, last } = ports ?? { first: 0, last: 0xffff };
  const rest = [number(first, 2), number(last, 2), protocolNumber(protocol), Buffer.alloc(3)];
  const blocks = peers ?? [{ network: Buffer.alloc(4), prefix: 0 }];
  return blocks.map(({ network, prefix }) => Buffer.concat([network, maskOf(prefix), ...rest]));
}

/** A pod's rules in both directions, then the pod that counts them. @throws LAB when it has more than there is room */
function podEntries(
  cluster: Cluster,
  node: LabNode,
  pod: LabPod,
  ifindex: number,
  policies: readonly NetworkPolicy[],
): MapEntry[] {
  const rules = directions.map(
    (direction) => allowedOf(cluster, policies, pod, direction)?.flatMap((each) => rulesOf(each)) ?? null,
  );
  if (rules.some((each) => each !== null && each.length > maxRules)) {
    throw new WeirError('LAB', `policies give ${pod.namespace}/${pod.name} more than ${maxRules} rules`);
  }
  return [
    ...rules.flatMap((each, direction) =>
      (each ?? []).map((value, index) => ({
        map: 'rules',
        key: Buffer.concat([bytesOf(pod.address), number(index, 2), number(direction, 1), Buffer.alloc(1)]),
        value,
      })),
    ),
    {
      map: 'endpoints',
      key: bytesOf(pod.address),
      value: Buffer.concat([
        number(ifindex, 4),
        mac(macOf(pod.address)),
        mac(macOf(node.podGateway)),
        ...rules.map((each) => number(each?.length ?? notIsolated, 2)),
      ]),
    },
  ];
}

/** The pods of a node with what policies allow them, and the node's own addresses, which no policy is about. */
export function endpointEntries(
  cluster: Cluster,
  node: LabNode,
  ifindexes: ReadonlyMap<string, number>,
  policies: readonly NetworkPolicy[],
): MapEntry[] {
  const own = Buffer.concat([Buffer.alloc(16), number(notIsolated, 2), number(notIsolated, 2)]);
  return [
    ...[node.address, node.podGateway].map((address) => ({ map: 'endpoints', key: bytesOf(address), value: own })),
    ...cluster.pods
      .filter((pod) => pod.node === node.name)
      .flatMap((pod) => podEntries(cluster, node, pod, ifindexes.get(pod.interface) ?? 0, policies)),
  ];
}
