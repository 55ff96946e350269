import { stringify } from 'yaml';
import type { LabelSelector, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../core/kubernetes.ts';
import { compareText } from '../core/order.ts';

/** The object without what is absent, and with its keys in the order in which they are given here. */
function present(entries: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

function sorted(labels: Readonly<Record<string, string>>): Record<string, string> | undefined {
  const entries = Object.entries(labels).sort(([a], [b]) => compareText(a, b));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function selector({ matchLabels, matchExpressions }: LabelSelector): Record<string, unknown> {
  return present({
    matchLabels: sorted(matchLabels ?? {}),
    matchExpressions: matchExpressions?.map(({ key, operator, values }) => present({ key, operator, values })),
  });
}

function peer({ namespaceSelector, podSelector, ipBlock }: NetworkPolicyPeer): Record<string, unknown> {
  return present({
    namespaceSelector: namespaceSelector && selector(namespaceSelector),
    podSelector: podSelector && selector(podSelector),
    ipBlock: ipBlock && present({ cidr: ipBlock.cidr, except: ipBlock.except }),
  });
}

function port({ protocol, port: number, endPort }: NetworkPolicyPort): Record<string, unknown> {
  return present({ protocol, port: number, endPort });
}

/** What kubectl reads is YAML 1.1, in which `on` and `012` are no strings: `compat` has them quoted. */
const style = { indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' } as const;

/** One policy as YAML that kubectl accepts: equal policies give equal bytes, keys in the API's usual order. */
export function printPolicy({ apiVersion, metadata, spec }: NetworkPolicy): string {
  const document = {
    apiVersion: apiVersion || 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: present({
      name: metadata.name,
      namespace: metadata.namespace || undefined,
      labels: sorted(metadata.labels),
      annotations: sorted(metadata.annotations),
    }),
    spec: present({
      podSelector: selector(spec.podSelector),
      policyTypes: spec.policyTypes,
      ingress: spec.ingress?.map(({ from, ports }) => present({ from: from?.map(peer), ports: ports?.map(port) })),
      egress: spec.egress?.map(({ to, ports }) => present({ to: to?.map(peer), ports: ports?.map(port) })),
    }),
  };
  return stringify(document, style);
}

/** Several policies as one YAML stream, in the given order; empty text for none. */
export function printPolicies(policies: readonly NetworkPolicy[]): string {
  return policies.map(printPolicy).join('---\n');
}
