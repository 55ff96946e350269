import { workloadKey } from '../../core/identity.ts';
import { bothProtocols, type Row } from './block-grant.ts';
import { dnsPort } from './dns.ts';
import type { Asked } from './peer-grants.ts';
import type { RulePeer } from './rule-peer.ts';
import { onePort } from './rule-port.ts';
import type { Surroundings } from './surroundings.ts';

/** Every pod of every namespace. */
const everywhere: RulePeer = { type: 'pods', namespace: {}, labels: {} };

const doubt = 'the other end is hidden from whoever asked, so that every namespace is let through';

/**
 * A rule for what may not be named is for every namespace: it keeps the traffic going and tells nothing of who it is.
 * Where the address of the Service that was called would have to be named too, there can be none.
 */
export function grantsOfHidden(row: Row, { options, workloads }: Surroundings): Asked {
  const { edge, edgeKey, protocol, direction, subject, doubts } = row;
  if (direction === 'egress' && options.serviceAddresses) {
    return { reason: 'the other end is hidden, and the address of its Service would have to be named' };
  }
  const isDns = direction === 'egress' && edge.port === dnsPort && protocol !== 'SCTP';
  const ports = isDns ? bothProtocols(dnsPort) : [onePort(protocol, edge.port)];
  const own = workloadKey(subject);
  const catches = [...workloads].filter(([key]) => key !== own).map(([, { ref }]) => ref);
  const peerLabel = 'every namespace, for what is hidden';
  return { grants: [{ peer: everywhere, peerLabel, ports, edge, edgeKey, catches, doubts: [...doubts, doubt] }] };
}
