import { hostCidr } from '../../core/address.ts';
import { isClusterPolicy } from '../../core/cluster-policy.ts';
import type { Direction } from '../../core/flow.ts';
import { namespaceNameLabel, type NetworkPolicy, type NetworkPolicyPeer, type Policy } from '../../core/kubernetes.ts';
import { type PolicyRef, refText } from '../evaluate/because.ts';
import type { PortProtocol } from '../evaluate/connections.ts';
import type { Peer, PodPeer } from '../evaluate/query.ts';
import { stableLabels } from '../evaluate/stable-labels.ts';

/** One change to the policies. */
export type Edit =
  /** A rule of these peers and ports is missing in a NetworkPolicy. */
  | {
      readonly type: 'add-rule';
      readonly policy: PolicyRef;
      readonly direction: Direction;
      readonly peer: NetworkPolicyPeer;
      readonly port: { readonly protocol: PortProtocol; readonly port: number };
    }
  /** @see RuleBecause for the index */
  | { readonly type: 'remove-rule'; readonly policy: PolicyRef; readonly direction: Direction; readonly rule: number }
  /** A NetworkPolicy that isolates the pod, a default deny, is missing. */
  | { readonly type: 'isolate'; readonly namespace: string; readonly pod: string; readonly direction: Direction };

/** What a rule would name a far end by; null for ends that no rule of a NetworkPolicy can name for certain. */
export function rulePeerFor(other: Peer, namespace: string): NetworkPolicyPeer | null {
  if (other.type === 'address') return { ipBlock: { cidr: hostCidr(other.address) } };
  if (other.type !== 'pod' || other.hostNetwork) return null;
  const podSelector = { matchLabels: Object.fromEntries(stableLabels(other.labels)) };
  if (other.namespace === namespace) return { podSelector };
  return { namespaceSelector: { matchLabels: { [namespaceNameLabel]: other.namespace } }, podSelector };
}

function isOf(policy: Policy, { kind, namespace, name }: PolicyRef): boolean {
  return policy.kind === kind && policy.metadata.name === name && policy.metadata.namespace === namespace;
}

/** In place of a rule, so that the others keep their indexes: a peer of nothing matches nobody. */
function withoutRule(policy: Policy, direction: Direction, rule: number): Policy {
  const rules: readonly object[] = policy.spec[direction] ?? [];
  const peers = { [direction === 'ingress' ? 'from' : 'to']: [{}] };
  const action =
    policy.kind === 'NetworkPolicy' ? {} : { action: policy.kind === 'ClusterNetworkPolicy' ? 'Accept' : 'Allow' };
  const left = rules.map((each, index) => (index === rule ? { ...action, ...peers } : each));
  return Object.assign({}, policy, { spec: { ...policy.spec, [direction]: left } });
}

function withRule(policy: NetworkPolicy, edit: Extract<Edit, { type: 'add-rule' }>): NetworkPolicy {
  const { ingress = [], egress = [] } = policy.spec;
  const ports = [edit.port];
  const spec =
    edit.direction === 'ingress'
      ? { ...policy.spec, ingress: [...ingress, { from: [edit.peer], ports }] }
      : { ...policy.spec, egress: [...egress, { to: [edit.peer], ports }] };
  return { ...policy, spec };
}

/** A default deny for the pods that have these labels. */
function isolating({ namespace, labels }: PodPeer, direction: Direction): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `deny-${direction}`, namespace, uid: '', labels: {}, annotations: {}, ownerReferences: [] },
    spec: { podSelector: { matchLabels: labels }, policyTypes: [direction === 'ingress' ? 'Ingress' : 'Egress'] },
  };
}

/** The policies after the edit. @param pod the one that is to be isolated */
export function applyEdit(policies: readonly Policy[], edit: Edit, pod: PodPeer): readonly Policy[] {
  if (edit.type === 'isolate') return [...policies, isolating(pod, edit.direction)];
  return policies.map((policy) => {
    if (!isOf(policy, edit.policy)) return policy;
    if (edit.type === 'remove-rule') return withoutRule(policy, edit.direction, edit.rule);
    return isClusterPolicy(policy) ? policy : withRule(policy, edit);
  });
}

function peerText({ ipBlock, podSelector, namespaceSelector }: NetworkPolicyPeer): string {
  if (ipBlock !== undefined) return ipBlock.cidr;
  const labels = Object.entries(podSelector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const namespace = namespaceSelector?.matchLabels?.[namespaceNameLabel];
  const pods = labels.length === 0 ? 'all pods' : `pods ${labels.join(',')}`;
  return namespace === undefined ? pods : `${pods} of namespace ${namespace}`;
}

/** What to do, in one sentence without its end. */
export function editText(edit: Edit): string {
  switch (edit.type) {
    case 'add-rule': {
      const preposition = edit.direction === 'ingress' ? 'from' : 'to';
      const rule = `${preposition} ${peerText(edit.peer)} on ${edit.port.protocol} ${edit.port.port}`;
      return `add to spec.${edit.direction} of ${refText(edit.policy)} a rule ${rule}`;
    }
    case 'remove-rule':
      return `remove spec.${edit.direction}[${edit.rule}] of ${refText(edit.policy)}`;
    case 'isolate':
      return `add a NetworkPolicy to namespace ${edit.namespace} that isolates ${edit.pod} for ${edit.direction}`;
  }
}
