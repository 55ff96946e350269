import { calico, calicoStaged } from './calico.ts';
import { cilium } from './cilium.ts';
import { clusterNetworkPolicy } from './cluster-network-policy.ts';
import type { Dialect, DialectName } from './dialect.ts';
import { writeNetworkPolicy } from './network-policy.ts';

/** Every dialect. A new one is a file beside these and a line here. */
export const dialects: Readonly<Record<DialectName, Dialect>> = {
  'network-policy': (policy) => ({ objects: [writeNetworkPolicy(policy)], losses: [] }),
  cilium,
  calico,
  'calico-staged': calicoStaged,
  'cluster-network-policy': clusterNetworkPolicy,
};
