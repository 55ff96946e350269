import { dialects } from '../policy/print/dialect/all.ts';
import { generate } from '../policy/generate/generate.ts';
import { Printer } from '../policy/print/printer.ts';
import type { SeenCluster } from './seen-cluster.ts';

/**
 * Seconds of processor time for the policies of a whole cluster, written as YAML. @throws Error when some are missing
 */
export function generationSeconds({ cluster, edges }: SeenCluster, workloads: number): number {
  const before = process.cpuUsage();
  const { policies, excluded } = generate({
    cluster,
    edges,
    scope: { namespace: null, workload: null },
    directions: ['ingress', 'egress'],
  });
  const printer = new Printer();
  const context = { isInCluster: () => false };
  let bytes = 0;
  for (const { policy } of policies) {
    bytes += printer.printAll(dialects['network-policy'](policy, context).objects).yaml.length;
  }
  const { user, system } = process.cpuUsage(before);
  const rules = policies.reduce((sum, each) => sum + each.rules.length, 0);
  if (policies.length !== workloads || excluded.length > 0 || rules < workloads || bytes < edges.length) {
    throw new Error(`${policies.length} policies with ${rules} rules, ${excluded.length} edges left out`);
  }
  return (user + system) / 1e6;
}
