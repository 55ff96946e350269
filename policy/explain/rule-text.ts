import { isClusterPolicy } from '../../core/cluster-policy.ts';
import type {
  ClusterPolicyPeer,
  ClusterPolicyProtocol,
  AdminPolicyPort,
  DestinationPort,
} from '../../core/cluster-policy.ts';
import type { Direction } from '../../core/flow.ts';
import type { LabelSelector, NetworkPolicyPeer, NetworkPolicyPort, Policy } from '../../core/kubernetes.ts';

/** `app=web,tier in (a,b),!old`; empty for a selector of everything. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const others = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
  });
  return [...labels, ...others].join(',');
}

function podsText(selector: LabelSelector | undefined, namespaces: LabelSelector | undefined): string {
  const text = selectorText(selector ?? {});
  const pods = text === '' ? 'all pods' : `pods ${text}`;
  if (namespaces === undefined) return pods;
  const where = selectorText(namespaces);
  return `${pods} of ${where === '' ? 'all namespaces' : `namespaces ${where}`}`;
}

function peerText(peer: NetworkPolicyPeer): string {
  const { ipBlock, podSelector, namespaceSelector } = peer;
  if (ipBlock === undefined) return podsText(podSelector, namespaceSelector);
  const except = ipBlock.except ?? [];
  return `${ipBlock.cidr}${except.length === 0 ? '' : ` but ${except.join(', ')}`}`;
}

function clusterPeerText({ namespaces, pods, nodes, networks, domainNames }: ClusterPolicyPeer): string {
  if (pods !== undefined) return podsText(pods.podSelector, pods.namespaceSelector);
  if (namespaces !== undefined) return podsText(undefined, namespaces);
  if (nodes !== undefined) return selectorText(nodes) === '' ? 'all nodes' : `nodes ${selectorText(nodes)}`;
  return (networks ?? domainNames ?? ['a peer of an unknown kind']).join(', ');
}

function spanText(protocol: string, port: number | string | undefined, end: number | undefined): string {
  if (port === undefined) return protocol;
  return `${protocol} ${port}${end === undefined || end === port ? '' : `-${end}`}`;
}

function portText({ protocol = 'TCP', port, endPort }: NetworkPolicyPort): string {
  return spanText(protocol, port, endPort);
}

function adminPortText({ portNumber, portRange, namedPort }: AdminPolicyPort): string {
  if (portNumber !== undefined) return spanText(portNumber.protocol ?? 'TCP', portNumber.port, undefined);
  if (portRange !== undefined) return spanText(portRange.protocol ?? 'TCP', portRange.start, portRange.end);
  return `port ${namedPort}`;
}

function protocolText({ tcp, udp, sctp, destinationNamedPort }: ClusterPolicyProtocol): string {
  const span = (name: string, { destinationPort: { number, range } = {} }: DestinationPort) =>
    spanText(name, number ?? range?.start, range?.end);
  if (tcp !== undefined) return span('TCP', tcp);
  if (udp !== undefined) return span('UDP', udp);
  return sctp === undefined ? `port ${destinationNamedPort}` : span('SCTP', sctp);
}

function sentence(direction: Direction, peers: readonly string[], ports: readonly string[]): string {
  const who = peers.length === 0 ? 'anyone' : peers.join(', ');
  const where = ports.length === 0 ? 'all ports' : ports.join(', ');
  return `${direction === 'ingress' ? 'from' : 'to'} ${who} on ${where}`;
}

/** A rule in words: `from pods app=web on TCP 80`. @param index of a rule that the policy has */
export function ruleText(policy: Policy, direction: Direction, index: number): string {
  if (!isClusterPolicy(policy)) {
    const rule: {
      from?: readonly NetworkPolicyPeer[];
      to?: readonly NetworkPolicyPeer[];
      ports?: readonly NetworkPolicyPort[];
    } = policy.spec[direction]?.[index] ?? {};
    return sentence(direction, (rule.from ?? rule.to ?? []).map(peerText), (rule.ports ?? []).map(portText));
  }
  const rule = policy.spec[direction]?.[index];
  if (rule === undefined) return '';
  const ports = 'ports' in rule ? (rule.ports ?? []).map(adminPortText) : [];
  const protocols = 'protocols' in rule ? (rule.protocols ?? []).map(protocolText) : [];
  const peers = (rule.from ?? rule.to ?? []).map(clusterPeerText);
  return `${rule.action} ${sentence(direction, peers, [...ports, ...protocols])}`;
}
