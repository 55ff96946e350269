import { hostCidr } from '../../core/address.ts';
import type { Edge } from '../../core/edge.ts';
import type { Direction } from '../../core/flow.ts';
import { entityLabel, type WorkloadRef, workloadKey } from '../../core/identity.ts';
import type { PortProtocol } from '../evaluate/connections.ts';
import { dnsPort } from './dns.ts';
import type { Grant } from './peer-grants.ts';
import { blockPeer } from './rule-peer.ts';
import { onePort, type RulePort } from './rule-port.ts';
import type { Surroundings } from './surroundings.ts';

/** One row at the workload that a policy is made for. */
export interface Row {
  readonly edge: Edge;
  readonly edgeKey: string;
  readonly protocol: PortProtocol;
  readonly direction: Direction;
  readonly subject: WorkloadRef;
  readonly doubts: readonly string[];
}

/** No other workload is let through. */
export const none: readonly WorkloadRef[] = [];

/** A block that a row is allowed. */
export function grantOfBlock(row: Row, cidr: string, peerLabel: string, ports: readonly RulePort[]): Grant {
  const { edge, edgeKey, doubts } = row;
  return { peer: blockPeer(cidr), peerLabel, ports, edge, edgeKey, catches: none, doubts };
}

/** What DNS is served over. */
export function bothProtocols(port: number): RulePort[] {
  return [onePort('TCP', port), onePort('UDP', port)];
}

/** The addresses of the Services that were called, where rules have to name what packets look like before translation. */
export function grantsOfServices(row: Row, server: WorkloadRef, surroundings: Surroundings): Grant[] {
  const { services, workloads, options } = surroundings;
  const workload = options.serviceAddresses ? workloads.get(workloadKey(server)) : undefined;
  if (workload === undefined) return [];
  return row.edge.services.flatMap((service) => {
    const ports = services.portsTo(service, workload, row.protocol, row.edge.port);
    if (ports.length === 0) return [];
    const label = entityLabel({ type: 'service', ...service });
    const behind = services.workloadsOf(service).map(({ ref }) => ref);
    return services.addressesOf(service).map((address): Grant => {
      const block = grantOfBlock(
        row,
        hostCidr(address),
        `${label} (${address})`,
        ports.map((port) => onePort(row.protocol, port)),
      );
      return { ...block, catches: behind };
    });
  });
}

/** Where a DNS server on each node answers in place of the cluster's, the address of the Service itself is reached. */
export function grantsOfNodeLocalDns(row: Row, server: WorkloadRef, { dns }: Surroundings): Grant[] {
  if (row.protocol === 'SCTP' || !dns.serves(server, row.edge.port)) return [];
  return dns.nodeLocalAddresses.map((address) =>
    grantOfBlock(row, hostCidr(address), `DNS on each node (${address})`, bothProtocols(dnsPort)),
  );
}
