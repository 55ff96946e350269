import type { Edge, Entity, ReplayFinding } from '../../../proto/wire.ts';
import {
  addressOf,
  edgeId,
  entityId,
  entityKind,
  entityName,
  entityNamespace,
  portText,
  protocolName,
  type VerdictName,
  verdictName,
} from '../api/entity.ts';
import { type Direction, rowKey } from '../policy/choices.ts';

/** One line of a table: an edge as the workload sees it whose direction it is. */
export interface Row {
  /** The edge's id: the same in every answer. */
  readonly id: string;
  /** Short name of the row in a URL. */
  readonly key: string;
  readonly direction: Direction;
  /** The workload that the table is about. */
  readonly own: string;
  readonly ownNamespace: string;
  readonly peer: string;
  readonly peerNamespace: string;
  readonly peerKind: string;
  /** The peer's address where it has no other name; null for all else. */
  readonly address: string | null;
  readonly port: string;
  readonly portNumber: number;
  readonly protocol: string;
  readonly services: string;
  readonly firstSeenUnixMs: number;
  readonly lastSeenUnixMs: number;
  /** Connections and associations, or packets where there are none. */
  readonly connections: number;
  readonly bytes: number;
  readonly verdict: VerdictName;
  /** Why it did not come through, as far as it is known. */
  readonly reason: string;
  readonly edge: Edge;
}

function reasonOf({ merged, verdict }: Edge): string {
  const drops = (merged?.drops ?? []).toSorted((a, b) => b.packets - a.packets).map(({ reason }) => reason);
  if (drops.length > 0) return drops.slice(0, 2).join(', ');
  if (verdict === 'VERDICT_REFUSED') return 'The far side refused';
  return verdict === 'VERDICT_UNANSWERED' ? 'No answer came' : '';
}

function rowOf(edge: Edge, direction: Direction): Row {
  const [own, peer] = direction === 'ingress' ? [edge.server, edge.client] : [edge.client, edge.server];
  const counters = edge.merged?.counters;
  const id = edgeId(edge);
  return {
    id,
    key: rowKey(direction, id),
    direction,
    own: entityName(own),
    ownNamespace: entityNamespace(own),
    peer: entityName(peer),
    peerNamespace: entityNamespace(peer),
    peerKind: entityKind(peer),
    address: addressOf(peer),
    port: portText(edge.protocol, edge.port),
    portNumber: edge.port,
    protocol: protocolName(edge.protocol),
    services: edge.services.map(({ namespace, name }) => `${namespace}/${name}`).join(', '),
    firstSeenUnixMs: edge.merged?.firstSeenUnixMs ?? 0,
    lastSeenUnixMs: edge.merged?.lastSeenUnixMs ?? 0,
    connections: counters?.established || (counters?.packetsToServer ?? 0),
    bytes: (counters?.bytesToServer ?? 0) + (counters?.bytesToClient ?? 0),
    verdict: verdictName(edge.verdict),
    reason: reasonOf(edge),
    edge,
  };
}

/** Whose tables are shown: a namespace and the workloads in it; null for all there are. */
export interface Subject {
  readonly namespace: string;
  /** Ids of entities; null for every workload of the namespace. */
  readonly ids: ReadonlySet<string> | null;
}

function concerns(subject: Subject, end: Entity | null): boolean {
  if (end?.entity !== 'workload') return false;
  if (subject.ids !== null) return subject.ids.has(entityId(end));
  return subject.namespace === '' || subject.namespace === end.workload.namespace;
}

/** The rows of one direction: edges whose server (ingress) or client (egress) is the subject. */
export function rowsOf(edges: readonly Edge[], direction: Direction, subject: Subject): Row[] {
  const end = direction === 'ingress' ? 'server' : 'client';
  return edges.filter((edge) => concerns(subject, edge[end])).map((edge) => rowOf(edge, direction));
}

/** Whether the generator makes a rule for a row that nobody decided about; with the reason where it does not. */
export function usualDecision(
  row: Row,
  includeDenied: boolean,
): { readonly include: boolean; readonly reason: string } {
  if (row.peerKind === 'node') return { include: false, reason: 'Traffic with nodes needs no rule' };
  if (row.peerKind === 'hidden') return { include: false, reason: 'You may not see who it is' };
  if (row.peerKind === 'unresolved') return { include: false, reason: 'The address has no name' };
  if (row.peerKind === 'external') {
    const [end] = [row.direction === 'ingress' ? row.edge.client : row.edge.server];
    const allowed = end?.entity === 'external' && end.alias?.allowed === true;
    return allowed
      ? { include: true, reason: '' }
      : { include: false, reason: 'The address is not allowed by an alias' };
  }
  if (row.verdict !== 'forwarded' && !includeDenied) return { include: false, reason: 'It never came through' };
  return { include: true, reason: '' };
}

/** What the candidate policy says of each edge that it would not simply allow, by the edge's id. */
export function findingsById(findings: readonly ReplayFinding[]): ReadonlyMap<string, ReplayFinding> {
  return new Map(
    findings.flatMap((finding) => (finding.edge === null ? [] : [[edgeId(finding.edge), finding] as const])),
  );
}
