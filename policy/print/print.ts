import type { NetworkPolicy } from '../../core/kubernetes.ts';
import { writeNetworkPolicy } from './dialect/network-policy.ts';
import { Printer } from './printer.ts';

/** One policy as YAML that kubectl accepts: equal policies give equal bytes, keys in the API's usual order. */
export function printPolicy(policy: NetworkPolicy): string {
  return new Printer().print(writeNetworkPolicy(policy)).yaml;
}

/** Several policies as one YAML stream, in the given order; empty text for none. */
export function printPolicies(policies: readonly NetworkPolicy[]): string {
  return new Printer().printAll(policies.map(writeNetworkPolicy)).yaml;
}
