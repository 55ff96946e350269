import type { ServiceRules } from '../../core/settings.ts';

/**
 * Network plugins that hold egress policies against packets as the pod sends them, before kube-proxy translates a
 * Service's address. Amazon's attaches to the node's end of the pod's interface; it resolves a Service by itself only
 * where the rule has exactly the Service's selector (github.com/aws/amazon-network-policy-controller-k8s).
 */
const beforeTranslation: ReadonlySet<string> = new Set(['aws-vpc']);

/** Whether egress rules have to name the addresses of Services. @param plugins that were recognised in the cluster */
export function namesServiceAddresses(rules: ServiceRules, plugins: Iterable<string>): boolean {
  if (rules !== 'by-plugin') return rules === 'addresses';
  return [...plugins].some((each) => beforeTranslation.has(each));
}
