import { hostCidr } from '../core/address.ts';
import type { Edge } from '../core/edge.ts';
import type { Direction } from '../core/flow.ts';
import { type Entity, entityLabel, type WorkloadRef, workloadKey } from '../core/identity.ts';
import type { PortProtocol } from './connections.ts';
import { dnsPort } from './dns.ts';
import type { RowChoice } from './generate-options.ts';
import type { Grant } from './peer-grants.ts';
import { doubtsAbout, impossible, objectionsTo } from './row-objections.ts';
import { blockPeer, everyone } from './rule-peer.ts';
import { onePort, type RulePort } from './rule-port.ts';
import type { Surroundings } from './surroundings.ts';
import { namespaceOfWorkload, workloadPeer } from './workload-peer.ts';

/** What a rule can be made for, or the reason why it cannot. */
export type Asked = { readonly grants: readonly Grant[] } | { readonly reason: string };

/** The end of an edge that a direction's policy belongs to: egress rules stand at the client, ingress rules at the server. */
export function subjectOf(edge: Edge, direction: Direction): Entity {
  return direction === 'egress' ? edge.client : edge.server;
}

export function farEndOf(edge: Edge, direction: Direction): Entity {
  return direction === 'egress' ? edge.server : edge.client;
}

/** One row at the workload that a policy is made for. */
interface Row {
  readonly edge: Edge;
  readonly protocol: PortProtocol;
  readonly direction: Direction;
  readonly subject: WorkloadRef;
  readonly doubts: readonly string[];
}

const none: readonly WorkloadRef[] = [];

function grantOfBlock(row: Row, cidr: string, peerLabel: string, ports: readonly RulePort[]): Grant {
  const { edge, doubts } = row;
  return { peer: blockPeer(cidr), peerLabel, ports, edge, catches: none, doubts };
}

function bothProtocols(port: number): RulePort[] {
  return [onePort('TCP', port), onePort('UDP', port)];
}

/** The ports of a server, and both protocols for DNS: a resolver repeats over TCP what was too long for UDP. */
function portsAt({ protocol }: Row, server: WorkloadRef, port: number, surroundings: Surroundings): RulePort[] {
  const { dns, named, options, selectors } = surroundings;
  const isDns = protocol !== 'SCTP' && dns.serves(server, port);
  const protocols: readonly PortProtocol[] = isDns ? ['TCP', 'UDP'] : [protocol];
  // A whole namespace may have pods that call the port otherwise.
  if (!options.namedPorts) return protocols.map((each) => onePort(each, port));
  const reached = [server, ...(selectors.of(server)?.alsoSelects ?? [])];
  return protocols.map((each) => named.of(reached, each, port));
}

/** The addresses of the Services that were called, where rules have to name what packets look like before translation. */
function grantsOfServices(row: Row, server: WorkloadRef, surroundings: Surroundings): Grant[] {
  const { services, workloads, options } = surroundings;
  const workload = workloads.get(workloadKey(server));
  if (!options.serviceAddresses || workload === undefined) return [];
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
function grantsOfNodeLocalDns(row: Row, server: WorkloadRef, { dns }: Surroundings): Grant[] {
  if (row.protocol === 'SCTP' || !dns.serves(server, row.edge.port)) return [];
  return dns.nodeLocalAddresses.map((address) =>
    grantOfBlock(row, hostCidr(address), `DNS on each node (${address})`, bothProtocols(dnsPort)),
  );
}

function grantsOfWorkload(row: Row, far: WorkloadRef, port: number, surroundings: Surroundings): Asked {
  const { direction, subject, doubts, edge } = row;
  const { options } = surroundings;
  const byNamespace = options.peers === 'namespace';
  const named = byNamespace
    ? namespaceOfWorkload(far, subject.namespace, surroundings)
    : workloadPeer(far, subject.namespace, surroundings);
  if ('reason' in named) return named;
  const numbersOnly = direction === 'egress' && byNamespace;
  const context = numbersOnly ? { ...surroundings, options: { ...options, namedPorts: false } } : surroundings;
  const ports = portsAt(row, direction === 'egress' ? far : subject, port, context);
  const peerLabel = byNamespace ? `namespace ${far.namespace}` : entityLabel({ type: 'workload', ...far });
  const own: Grant = { ...named, peerLabel, ports, edge, doubts };
  if (direction === 'ingress') return { grants: [own] };
  return {
    grants: [own, ...grantsOfServices(row, far, surroundings), ...grantsOfNodeLocalDns(row, far, surroundings)],
  };
}

/** Every workload behind a Service that was chosen, on the ports that the Service leads to. */
function grantsOfService(row: Row, service: Extract<Entity, { type: 'service' }>, surroundings: Surroundings): Asked {
  const { services, options } = surroundings;
  const behind = services.behind(service, row.protocol, row.edge.port);
  const asked = behind.map(({ workload, port }) => grantsOfWorkload(row, workload.ref, port, surroundings));
  const grants = asked.flatMap((each) => ('grants' in each ? each.grants : []));
  if (grants.length === 0) return { reason: 'the other end is a Service without any workload that can be named' };
  if (!options.serviceAddresses) return { grants };
  const own = services
    .addressesOf(service)
    .map((address) =>
      grantOfBlock(row, hostCidr(address), `${entityLabel(service)} (${address})`, [
        onePort(row.protocol, row.edge.port),
      ]),
    );
  return { grants: [...grants, ...own] };
}

function grantsOfAddress(
  row: Row,
  far: Extract<Entity, { type: 'external' | 'unresolved' }>,
  choice: RowChoice | null,
  { dns }: Surroundings,
): Asked {
  const { port } = row.edge;
  const isDns = row.protocol !== 'SCTP' && dns.isNodeLocal(far.address, port);
  const ports = isDns ? bothProtocols(port) : [onePort(row.protocol, port)];
  const alias = far.type === 'external' && far.alias?.allowed === true ? far.alias : null;
  if (choice?.cidr) return { grants: [grantOfBlock(row, choice.cidr, choice.cidr, ports)] };
  if (alias !== null) return { grants: [grantOfBlock(row, alias.cidr, `${alias.name} ${alias.cidr}`, ports)] };
  return { grants: [grantOfBlock(row, hostCidr(far.address), entityLabel(far), ports)] };
}

function grantsOf(row: Row, far: Entity, choice: RowChoice | null, surroundings: Surroundings): Asked {
  switch (far.type) {
    case 'workload':
      return grantsOfWorkload(row, far, row.edge.port, surroundings);
    case 'service':
      return grantsOfService(row, far, surroundings);
    case 'external':
    case 'unresolved':
      return grantsOfAddress(row, far, choice, surroundings);
    case 'node':
      return { reason: 'the other end is a node' };
  }
}

/** Turns an edge into what the policy of the workload at its end in that direction has to allow. */
export function askedBy(edge: Edge, direction: Direction, subject: WorkloadRef, surroundings: Surroundings): Asked {
  const far = farEndOf(edge, direction);
  const choice = surroundings.choices.of(edge, direction);
  if (surroundings.options.general[direction] === 'allow-all') {
    if (choice?.include === false)
      return { reason: 'it was left out by choice, but everything is allowed all the same' };
    return { grants: [{ peer: everyone, peerLabel: 'everyone', ports: null, edge, catches: none, doubts: [] }] };
  }
  const { protocol } = edge;
  const never = impossible(edge, far);
  if (never !== null || protocol === 'ICMP' || protocol === 'ICMPv6') return { reason: never ?? '' };
  if (choice?.include === false) return { reason: 'it was left out by choice' };
  const objections = objectionsTo(edge, direction, far, surroundings);
  const [first] = objections;
  if (first !== undefined && choice === null) return { reason: first.reason };
  return grantsOf(
    { edge, protocol, direction, subject, doubts: doubtsAbout(edge, objections) },
    far,
    choice,
    surroundings,
  );
}
