import type { Direction } from '../core/flow.ts';

export interface PolicyRef {
  readonly namespace: string;
  readonly name: string;
}

/** What a decision rests on where Kubernetes leaves the answer to the network plugin, or the snapshot does not tell. */
export const assumptions = {
  icmp: 'NetworkPolicy covers TCP, UDP and SCTP; what it does to ICMP is left to the network plugin',
  'host-network':
    "a pod on its node's network counts as a pod to some network plugins and as its node to most, and that is left open",
  'node-traffic':
    "which address a node's own traffic carries, and whether it is filtered, is left to the network plugin",
  'service-address':
    'no single workload is known behind the Service, and whether its address is matched before or after translation is left to the network plugin',
  'workload-gone': 'the workload is no longer in the cluster, so its labels are not known',
  'pod-in-ip-block':
    "an ipBlock that holds a pod's address is taken to match the pod, which is left to the network plugin",
  'address-family': "the ipBlock holds only some of the pod's addresses, and the address family in use is not known",
  'address-unknown': 'the pod has no address yet, so whether the ipBlock holds it is not known',
} as const;

export type Assumption = keyof typeof assumptions;

/** Why one side decided as it did. */
export type Because =
  | {
      readonly type: 'rule';
      readonly direction: Direction;
      readonly policy: PolicyRef;
      /** Indexes into the policy as written, from 0; null where the rule names no peers or no ports, and so means all. */
      readonly rule: number;
      readonly peer: number | null;
      readonly port: number | null;
      /** What the match takes for granted; null for what Kubernetes promises. */
      readonly assumption: Assumption | null;
    }
  /** These policies isolate the pod, and no rule of theirs matches. */
  | { readonly type: 'default-deny'; readonly direction: Direction; readonly policies: readonly PolicyRef[] }
  | { readonly type: 'not-isolated'; readonly direction: Direction }
  | { readonly type: 'not-a-pod'; readonly direction: Direction }
  | { readonly type: 'itself' }
  | { readonly type: 'own-node' }
  /** These policies isolate the pod (or may), and whether they let this through is open. */
  | {
      readonly type: 'open';
      readonly direction: Direction;
      readonly policies: readonly PolicyRef[];
      readonly assumption: Assumption;
    };

function list(policies: readonly PolicyRef[]): string {
  return policies.map((each) => `${each.namespace}/${each.name}`).join(', ');
}

function place(because: Extract<Because, { type: 'rule' }>): string {
  const rule = `spec.${because.direction}[${because.rule}]`;
  const peers = because.direction === 'ingress' ? 'from' : 'to';
  const peer = because.peer === null ? '' : `.${peers}[${because.peer}]`;
  return `${rule}${peer}${because.port === null ? '' : `, ports[${because.port}]`}`;
}

/** One plain sentence for people, without the decision itself. */
export function becauseText(because: Because): string {
  switch (because.type) {
    case 'rule': {
      const rule = `NetworkPolicy ${list([because.policy])} allows it at ${place(because)}`;
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
      const isolated = because.assumption === 'workload-gone' ? 'There are policies' : 'The pod is isolated';
      return `${isolated} for ${because.direction} (${list(because.policies)}), and ${what}.`;
    }
  }
}
