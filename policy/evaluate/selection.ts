import { isClusterPolicy } from '../../core/cluster-policy.ts';
import type { Direction } from '../../core/flow.ts';
import type { Policy } from '../../core/kubernetes.ts';
import { compilePolicy } from './compile.ts';
import { compileClusterPolicy } from './compile-cluster.ts';
import type { PodPeer } from './query.ts';

/** Which pods a policy bears on, and for which directions. */
export interface Selection {
  readonly policy: Policy;
  /** The namespace of all its pods; null where it selects in every one. */
  readonly namespace: string | null;
  readonly directions: readonly Direction[];
  readonly selects: (pod: PodPeer) => boolean;
}

const directions = ['ingress', 'egress'] as const;

/** @throws WeirError ADDRESS_INVALID for a block of addresses that is no CIDR */
export function selectionOf(policy: Policy): Selection {
  if (isClusterPolicy(policy)) {
    const { rules, subject } = compileClusterPolicy(policy);
    const bearing = directions.filter((direction) => rules[direction].length > 0);
    return { policy, namespace: null, directions: bearing, selects: subject };
  }
  const { rules, subject } = compilePolicy(policy);
  const { namespace } = policy.metadata;
  return {
    policy,
    namespace,
    directions: directions.filter((direction) => rules[direction] !== null),
    selects: (pod) => pod.namespace === namespace && subject(pod.labels),
  };
}
