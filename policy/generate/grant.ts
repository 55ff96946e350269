import { hostCidr } from '../../core/address.ts';
import type { Edge } from '../../core/edge.ts';
import type { Direction } from '../../core/flow.ts';
import { type Entity, entityLabel, type WorkloadRef } from '../../core/identity.ts';
import { isHidden } from '../../core/sight.ts';
import type { PortProtocol } from '../evaluate/connections.ts';
import { bothProtocols, grantOfBlock, grantsOfNodeLocalDns, grantsOfServices, none, type Row } from './block-grant.ts';
import type { ClusterDns } from './dns.ts';
import type { RowChoice } from './generate-options.ts';
import { grantsOfHidden } from './hidden-grant.ts';
import type { Asked, Grant } from './peer-grants.ts';
import { doubtsAbout, impossible, objectionsTo } from './row-objections.ts';
import { everyone } from './rule-peer.ts';
import { onePort, type RulePort } from './rule-port.ts';
import type { Surroundings } from './surroundings.ts';
import { namespaceOfWorkload, workloadPeer } from './workload-peer.ts';

/** The end of an edge that a direction's policy belongs to: egress rules stand at the client, ingress rules at the server. */
export function subjectOf(edge: Edge, direction: Direction): Entity {
  return direction === 'egress' ? edge.client : edge.server;
}

export function farEndOf(edge: Edge, direction: Direction): Entity {
  return direction === 'egress' ? edge.server : edge.client;
}

/** An edge with its key. */
export interface KeyedEdge {
  readonly edge: Edge;
  readonly edgeKey: string;
}

const transports = [['TCP'], ['UDP'], ['SCTP'], ['TCP', 'UDP']] as const satisfies readonly PortProtocol[][];

/** The protocols of a port, both for DNS: a resolver repeats over TCP what was too long for UDP. */
function protocolsAt({ protocol }: Row, server: WorkloadRef, port: number, dns: ClusterDns): readonly PortProtocol[] {
  if (protocol === 'SCTP') return transports[2];
  return dns.serves(server, port) ? transports[3] : transports[protocol === 'TCP' ? 0 : 1];
}

function portsAt(
  row: Row,
  server: WorkloadRef,
  port: number,
  byName: boolean,
  surroundings: Surroundings,
): readonly RulePort[] {
  const { dns, named, selectors } = surroundings;
  const protocols = protocolsAt(row, server, port, dns);
  if (!byName) return named.numbered(protocols, port);
  const reached = [server, ...(selectors.of(server)?.alsoSelects ?? [])];
  return protocols.map((each) => named.of(reached, each, port));
}

function grantsOfWorkload(row: Row, far: WorkloadRef, port: number, surroundings: Surroundings): Asked {
  const { direction, subject, doubts, edge, edgeKey } = row;
  const { options } = surroundings;
  const byNamespace = options.peers === 'namespace';
  const named = (byNamespace ? namespaceOfWorkload : workloadPeer)(far, subject.namespace, surroundings);
  if ('reason' in named) return named;
  const isEgress = direction === 'egress';
  // Other pods of a whole namespace may call the port otherwise.
  const byName = options.namedPorts && !(isEgress && byNamespace);
  const ports = portsAt(row, isEgress ? far : subject, port, byName, surroundings);
  const { peer, peerLabel, catches } = named;
  const own: Grant = { peer, peerLabel, ports, edge, edgeKey, catches, doubts };
  if (!isEgress || (ports.length === 1 && !options.serviceAddresses)) return { grants: [own] };
  const besides = [...grantsOfServices(row, far, surroundings), ...grantsOfNodeLocalDns(row, far, surroundings)];
  return { grants: [own, ...besides] };
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
      if (isHidden(far)) return grantsOfHidden(row, surroundings);
      return grantsOfAddress(row, far, choice, surroundings);
    case 'node':
      return { reason: 'the other end is a node' };
  }
}

/** Turns an edge into what the policy of the workload at its end in that direction has to allow. */
export function askedBy(
  { edge, edgeKey }: KeyedEdge,
  direction: Direction,
  subject: WorkloadRef,
  surroundings: Surroundings,
): Asked {
  const far = farEndOf(edge, direction);
  const choice = surroundings.choices.of(edge, direction);
  if (surroundings.options.general[direction] === 'allow-all') {
    if (choice?.include === false)
      return { reason: 'it was left out by choice, but everything is allowed all the same' };
    return {
      grants: [{ peer: everyone, peerLabel: 'everyone', ports: null, edge, edgeKey, catches: none, doubts: [] }],
    };
  }
  const { protocol } = edge;
  const never = impossible(edge, far);
  if (never !== null || protocol === 'ICMP' || protocol === 'ICMPv6') return { reason: never ?? '' };
  if (choice?.include === false) {
    const inside = far.type === 'workload' && far.namespace === subject.namespace;
    const isOpen = inside && surroundings.options.general[direction] === 'allow-inside-namespace';
    return { reason: `it was left out by choice${isOpen ? ', but its whole namespace is allowed all the same' : ''}` };
  }
  const objections = objectionsTo(edge, direction, far, surroundings);
  const [first] = objections;
  if (first !== undefined && choice === null) return { reason: first.reason };
  return grantsOf(
    { edge, edgeKey, protocol, direction, subject, doubts: doubtsAbout(edge, objections) },
    far,
    choice,
    surroundings,
  );
}
