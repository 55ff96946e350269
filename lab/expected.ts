import { type Address, parseAddress } from '../core/address.ts';
import { type EdgeId, edgeKey } from '../core/edge.ts';
import type { Entity } from '../core/identity.ts';
import { externalNamed, serviceNamed } from './call-target.ts';
import { dnsServiceIp } from './topology-system.ts';
import {
  type CallTarget,
  protocolOf,
  type ServicePortSpec,
  type ServiceSpec,
  type Topology,
  type WorkloadSpec,
} from './workload-spec.ts';

/** One edge that the lab's traffic draws, with the way by which it is drawn. */
export interface ExpectedEdge {
  readonly id: EdgeId;
  /** The client's workload; null for the visitor outside. */
  readonly client: WorkloadSpec | null;
  /** The Service that the client names, and the port it names; null when it calls an address outside. */
  readonly service: { readonly spec: ServiceSpec; readonly port: ServicePortSpec } | null;
  /** What kind of attempt proves it. */
  readonly by: 'tcp' | 'quote' | 'statsd' | 'dns';
}

function workloadEntity({ namespace, kind, name }: WorkloadSpec): Entity {
  return { type: 'workload', namespace, kind, name };
}

function externalEntity(address: string): Entity {
  return { type: 'external', address: parseAddress(address) as Address };
}

function serves(workload: WorkloadSpec, service: ServiceSpec): boolean {
  return (
    workload.namespace === service.namespace &&
    Object.entries(service.selector).every(([key, value]) => workload.labels[key] === value)
  );
}

/** The edges to the workloads behind one port of a Service. */
function throughService(
  topology: Topology,
  client: WorkloadSpec | null,
  clientEntity: Entity,
  spec: ServiceSpec,
  port: ServicePortSpec,
  by: ExpectedEdge['by'],
): ExpectedEdge[] {
  return topology.workloads
    .filter((workload) => serves(workload, spec))
    .flatMap((workload): ExpectedEdge[] => {
      const { targetPort } = port;
      const named = workload.ports.find((each) => each.name === targetPort && each.protocol === port.protocol);
      const target = typeof targetPort === 'number' ? targetPort : named?.port;
      if (target === undefined) return [];
      const id = { client: clientEntity, server: workloadEntity(workload), protocol: port.protocol, port: target };
      return [{ id, client, service: { spec, port }, by }];
    });
}

function callEdges(topology: Topology, client: WorkloadSpec): ExpectedEdge[] {
  const from = workloadEntity(client);
  const replication = client.program.type === 'redis' ? client.program.replicaOf : null;
  const calls: { to: CallTarget; port: number; protocol: 'TCP' | 'UDP'; by: ExpectedEdge['by'] }[] = [
    ...client.calls.map(({ kind, to, port }) => ({
      to,
      port,
      protocol: protocolOf(kind),
      by: kind === 'quote' || kind === 'statsd' ? kind : ('tcp' as const),
    })),
    ...(replication === null ? [] : [{ to: replication, port: 6379, protocol: 'TCP' as const, by: 'tcp' as const }]),
  ];
  return calls.flatMap(({ to, port, protocol, by }): ExpectedEdge[] => {
    if (to.type === 'external') {
      const server = externalEntity(externalNamed(topology, to.name).address);
      return [{ id: { client: from, server, protocol, port }, client, service: null, by }];
    }
    const spec = serviceNamed(topology, to.namespace, to.name);
    return spec.ports
      .filter((each) => each.port === port && each.protocol === protocol)
      .flatMap((each) => throughService(topology, client, from, spec, each, by));
  });
}

/** Names are resolved by the cluster's DNS, over the protocol that the workload uses. */
function dnsEdges(topology: Topology, client: WorkloadSpec): ExpectedEdge[] {
  const spec = topology.services.find((service) => service.clusterIp === dnsServiceIp);
  if (client.resolver === null || spec === undefined) return [];
  return spec.ports
    .filter((port) => port.protocol === client.resolver)
    .flatMap((port) => throughService(topology, client, workloadEntity(client), spec, port, 'dns'));
}

/** What the cluster's DNS does not know it asks outside. */
function upstreamEdges(topology: Topology, client: WorkloadSpec): ExpectedEdge[] {
  if (client.program.type !== 'dnsmasq') return [];
  const server = externalEntity(topology.upstreamDns.address);
  const id: EdgeId = { client: workloadEntity(client), server, protocol: 'UDP', port: 53 };
  return [{ id, client, service: null, by: 'dns' }];
}

function visitorEdges(topology: Topology): ExpectedEdge[] {
  const { visitor } = topology;
  const spec = serviceNamed(topology, visitor.service.namespace, visitor.service.name);
  return spec.ports
    .filter((port) => port.nodePort !== undefined)
    .flatMap((port) => throughService(topology, null, externalEntity(visitor.address), spec, port, 'tcp'));
}

/**
 * Whether nobody answers over an edge. Such a datagram is known to have come through only where the interface of its
 * receiver is watched, and some CNIs pass packets by it.
 */
export function staysUnanswered({ by }: ExpectedEdge): boolean {
  return by === 'statsd';
}

/** Every edge that the topology's traffic draws, once each, from the declaration alone. */
export function expectedEdgesOf(topology: Topology): ExpectedEdge[] {
  const all = [
    ...topology.workloads.flatMap((workload) => [
      ...callEdges(topology, workload),
      ...dnsEdges(topology, workload),
      ...upstreamEdges(topology, workload),
    ]),
    ...visitorEdges(topology),
  ];
  const unique = new Map<string, ExpectedEdge>();
  for (const edge of all) if (!unique.has(edgeKey(edge.id))) unique.set(edgeKey(edge.id), edge);
  return [...unique.values()];
}
