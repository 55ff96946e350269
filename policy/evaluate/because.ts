import type { Direction } from '../../core/flow.ts';
import type { Policy } from '../../core/kubernetes.ts';

export interface PolicyRef {
  readonly kind: Policy['kind'];
  /** Empty for policies of the whole cluster. */
  readonly namespace: string;
  readonly name: string;
}

/** Where a policy stands: each tier is asked only about what the one before leaves open. */
export type Tier = 'Admin' | 'NetworkPolicy' | 'Baseline';

/** What a decision rests on where Kubernetes leaves the answer to the network plugin, or the snapshot does not tell. */
export const assumptions = {
  icmp: 'NetworkPolicy and v1alpha1 cover TCP, UDP and SCTP; what they do to ICMP is left to the network plugin',
  'host-network':
    "a pod on its node's network counts as a pod to some network plugins and as its node to most, and that is left open",
  'node-traffic':
    "which address a node's own traffic carries, and whether it is filtered, is left to the network plugin",
  'node-unknown': 'the labels and addresses of the node are not known',
  'service-address':
    'no single workload is known behind the Service, and whether its address is matched before or after translation is left to the network plugin',
  'workload-gone': 'the workload is no longer in the cluster, so its labels are not known',
  hidden:
    'the other end is hidden from whoever asks, so whether a selector or a block of addresses holds it is not told',
  'pod-in-ip-block':
    "an ipBlock that holds a pod's address is taken to match the pod, which is left to the network plugin",
  'address-family': "the policies treat the far end's addresses differently, and which of them is in use is not known",
  'address-unknown': 'the pod has no address yet, so whether a block of addresses holds it is not known',
  'domain-name': 'which addresses a domain name has is told by the DNS only',
  'equal-priority': 'policies of equal priority disagree, and which of them is asked first is not defined',
  'mixed-versions':
    'policies of v1alpha1 and of ClusterNetworkPolicy disagree, and which of them is asked first is not defined',
  'unknown-peer': 'a rule with a peer of a kind that is not known here denies everything, as the API demands',
} as const;

export type Assumption = keyof typeof assumptions;

/** A rule that decided. */
export interface RuleBecause {
  readonly type: 'rule';
  readonly direction: Direction;
  readonly tier: Tier;
  readonly policy: PolicyRef;
  readonly action: 'allow' | 'deny';
  /** Indexes into the policy as written, from 0; null where the rule names no peers or no ports, and so means all. */
  readonly rule: number;
  readonly peer: number | null;
  readonly port: number | null;
  /** What the match takes for granted; null for what Kubernetes promises. */
  readonly assumption: Assumption | null;
}

/** Why one side decided as it did. */
export type Because =
  | RuleBecause
  /** These policies isolate the pod, and no rule of theirs matches. */
  | { readonly type: 'default-deny'; readonly direction: Direction; readonly policies: readonly PolicyRef[] }
  | { readonly type: 'not-isolated'; readonly direction: Direction }
  | { readonly type: 'not-a-pod'; readonly direction: Direction }
  | { readonly type: 'itself' }
  | { readonly type: 'own-node' }
  /** These policies bear on it (or may), and whether they let this through is open. */
  | {
      readonly type: 'open';
      readonly direction: Direction;
      readonly policies: readonly PolicyRef[];
      readonly assumption: Assumption;
    };

function nameOf({ namespace, name }: PolicyRef): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** `NetworkPolicy shop/cart`. */
export function refText(ref: PolicyRef): string {
  return `${ref.kind} ${nameOf(ref)}`;
}

function list(policies: readonly PolicyRef[]): string {
  return policies.map((ref) => (ref.kind === 'NetworkPolicy' ? nameOf(ref) : refText(ref))).join(', ');
}

/** Where in its policy a rule stands, from the root of the object. */
export type RulePlace = Pick<RuleBecause, 'direction' | 'policy' | 'rule' | 'peer' | 'port'>;

/** What the fields of a policy's rules are called. */
export function fieldNames({ direction, policy }: Pick<RulePlace, 'direction' | 'policy'>) {
  return {
    peers: direction === 'ingress' ? 'from' : 'to',
    ports: policy.kind === 'ClusterNetworkPolicy' ? 'protocols' : 'ports',
  } as const;
}

/** `spec.ingress[1].from[0], ports[2]`. */
export function placeText(place: RulePlace): string {
  const { peers, ports } = fieldNames(place);
  const peer = place.peer === null ? '' : `.${peers}[${place.peer}]`;
  const port = place.port === null ? '' : `, ${ports}[${place.port}]`;
  return `spec.${place.direction}[${place.rule}]${peer}${port}`;
}

/** One plain sentence for people, without the decision itself. */
export function becauseText(because: Because): string {
  switch (because.type) {
    case 'rule': {
      const verb = because.action === 'allow' ? 'allows' : 'denies';
      const rule = `${refText(because.policy)} ${verb} it at ${placeText(because)}`;
      return because.assumption === null ? `${rule}.` : `${rule}; ${assumptions[because.assumption]}.`;
    }
    case 'default-deny':
      return `The pod is isolated for ${because.direction} (${list(because.policies)}), and no rule allows this.`;
    case 'not-isolated':
      return `No NetworkPolicy isolates the pod for ${because.direction}.`;
    case 'not-a-pod':
      return `The ${because.direction === 'egress' ? 'client' : 'server'} is not a pod, and NetworkPolicy rules pods only.`;
    case 'itself':
      return 'A pod can always reach itself.';
    case 'own-node':
      return 'Traffic between a pod and the node that it runs on always passes.';
    case 'open': {
      const what = assumptions[because.assumption];
      const bear = because.policies.every(({ kind }) => kind === 'NetworkPolicy')
        ? 'The pod is isolated'
        : 'Policies bear on the pod';
      const isolated = because.assumption === 'workload-gone' ? 'There are policies' : bear;
      return `${isolated} for ${because.direction} (${list(because.policies)}), and ${what}.`;
    }
  }
}
