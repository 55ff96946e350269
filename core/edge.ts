import type { DirectionEvidence, Drops, FlowCounters, Protocol } from './flow.ts';
import { droppedPackets, zeroCounters } from './flow.ts';
import { type Entity, entityKey, type ServiceRef } from './identity.ts';
import { compareText } from './order.ts';
import type { UnixMs } from './time.ts';
import type { Verdict } from './verdict.ts';

/** Who talks to whom, on which port: the identity of an edge in the workload graph. */
export interface EdgeId {
  readonly client: Entity;
  readonly server: Entity;
  readonly protocol: Protocol;
  /** The port that the server's pod listens on (not the Service's port), where it is known. */
  readonly port: number;
}

/** Bounds the names that an observation keeps. */
export const maxServerNames = 8;

/**
 * The names of two observations together. What is beyond the bound is left out in their order, so that the result is the
 * same in whatever order observations are put together.
 */
export function mergeNames(a: readonly string[], b: readonly string[]): readonly string[] {
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  if (b.every((name) => a.includes(name))) return a;
  return [...new Set([...a, ...b])].toSorted(compareText).slice(0, maxServerNames);
}

/** What one side reported of an edge. */
export interface Observation {
  readonly counters: FlowCounters;
  readonly drops: Drops;
  /** The strongest evidence that any report had for who is the client. */
  readonly directionBy: DirectionEvidence;
  /** Names by which the server was asked for in the DNS, sorted; at most `maxServerNames`. */
  readonly serverNames: readonly string[];
  readonly firstSeenUnixMs: UnixMs;
  readonly lastSeenUnixMs: UnixMs;
}

/**
 * An edge over a span of time. Both ends may report the same traffic, so their counts are kept apart and never added:
 * `merged` takes the larger of the two for each counter, and the round-trip times of the side that has more samples.
 */
export interface Edge extends EdgeId {
  /** Services through which the client reached the server, sorted by namespace and name. */
  readonly services: readonly ServiceRef[];
  readonly byClient: Observation | null;
  readonly byServer: Observation | null;
  readonly merged: Observation;
  readonly verdict: Verdict;
}

/** Equal for equal edges only. A text of its own, not one that holds on to its parts: there are many of them for long. */
export function edgeKey({ client, server, protocol, port }: EdgeId): string {
  return [entityKey(client), entityKey(server), protocol, port].join('|');
}

/** Reasons for which the kernel drops what a filter, such as a policy's, told it to drop. */
const filterReasons = [
  'NETFILTER_DROP',
  'TC_INGRESS',
  'TC_EGRESS',
  'XDP',
  'BPF_CGROUP_EGRESS',
  'SOCKET_FILTER',
  'XFRM_POLICY',
] as const;

const noCounts: FlowCounters = zeroCounters();

/** What a verdict is made of. */
export type Report = Pick<Observation, 'counters' | 'drops'>;

/** Packets to a pod that went into it: the filters that drop on its interface stand behind the place of counting. */
function delivered(packets: number, side: Report | null): number {
  return packets - (side?.drops['TC_EGRESS'] ?? 0);
}

function cameThrough(protocol: Protocol, byClient: Report | null, byServer: Report | null): boolean {
  const [client, server] = [byClient?.counters ?? noCounts, byServer?.counters ?? noCounts];
  switch (protocol) {
    // A connection that was opened before the window shows what it carries and no new establishment.
    case 'TCP':
      return client.established > 0 || server.established > 0 || server.bytesToServer > 0 || client.bytesToClient > 0;
    case 'SCTP':
      return [client, server].some((side) => side.established > 0 || side.packetsToClient > side.refused);
    case 'UDP':
    case 'ICMP':
    case 'ICMPv6':
      // Where a CNI passes packets by the interface of the receiver, all that is seen of a request is its answer.
      return (
        delivered(client.packetsToClient, byClient) > 0 ||
        server.packetsToClient > 0 ||
        delivered(server.packetsToServer, byServer) > server.refused
      );
  }
}

/** Whether a filter, such as a policy's, dropped packets, as either end saw. */
export function isFiltered({ byClient, byServer }: Readonly<Record<'byClient' | 'byServer', Report | null>>): boolean {
  const sides = [byClient, byServer].filter((side) => side !== null);
  return sides.some(({ drops }) => filterReasons.some((reason) => (drops[reason] ?? 0) > 0));
}

/**
 * What the network did with the traffic of an edge; the first that holds:
 * - `forwarded`: anything came through. For TCP and SCTP a connection or association was established, or one from
 *   before the window carried something; for all else something was answered, or arrived without being refused.
 * - `dropped`: a filter dropped packets. It may have answered in place of the server, as a REJECT rule does.
 * - `refused`: an attempt or a datagram was answered with a reset, an abort or an ICMP unreachable, as either end saw.
 * - `dropped`: packets were dropped for any other reason.
 * - `unanswered`: nothing is known to have become of it, as of SYNs that no socket told more about.
 */
export function verdictOf(protocol: Protocol, byClient: Report | null, byServer: Report | null): Verdict {
  if (cameThrough(protocol, byClient, byServer)) return 'forwarded';
  const sides = [byClient, byServer].filter((side) => side !== null);
  if (isFiltered({ byClient, byServer })) return 'dropped';
  if (sides.some(({ counters }) => counters.refused > 0)) return 'refused';
  return sides.some(({ drops }) => droppedPackets(drops) > 0) ? 'dropped' : 'unanswered';
}
