import fc from 'fast-check';
import type {
  AdminNetworkPolicy,
  AdminPolicyPort,
  BaselineAdminNetworkPolicy,
  ClusterNetworkPolicy,
  ClusterPolicy,
  ClusterPolicyPeer,
  ClusterPolicyProtocol,
  ClusterPolicySubject,
} from '../../core/cluster-policy.ts';
import type { Node } from '../../core/kubernetes.ts';
import { labels, namespaceSelector, portName, portNumber, protocol, selector } from './drawn.ts';
import { clusterPolicy } from './peers.ts';

const namespacedPods = fc.record({ namespaceSelector, podSelector: selector });
const podPeer: fc.Arbitrary<ClusterPolicySubject> = fc.oneof(
  fc.record({ namespaces: namespaceSelector }),
  fc.record({ pods: namespacedPods }),
);
const unknown: fc.Arbitrary<ClusterPolicyPeer> = fc.constant({});
const blocks = ['0.0.0.0/0', '10.0.0.0/24', '10.0.0.0/31', '203.0.113.0/24', '::/0', 'fd00::/112', '192.168.0.0/24'];
const ingressPeer = fc.oneof({ weight: 12, arbitrary: podPeer }, { weight: 1, arbitrary: unknown });
const outside: fc.Arbitrary<ClusterPolicyPeer> = fc.oneof(
  fc.record({ nodes: selector }),
  fc.record({ networks: fc.subarray(blocks, { minLength: 1, maxLength: 2 }) }),
);
const egressPeer = fc.oneof({ weight: 2, arbitrary: ingressPeer }, { weight: 1, arbitrary: outside });
const names: fc.Arbitrary<ClusterPolicyPeer> = fc.constant({ domainNames: ['*.example.com'] });

const few = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: 1, maxLength: 2 });
const range = fc.constantFrom({ start: 80, end: 81 }, { start: 53, end: 8080 });
const adminPort: fc.Arbitrary<AdminPolicyPort> = fc.oneof(
  fc.record({ portNumber: fc.record({ protocol, port: portNumber }, { requiredKeys: ['port'] }) }),
  fc.record({
    portRange: fc.tuple(protocol, range).map(([of, ends]) => ({ protocol: of, ...ends })),
  }),
  fc.record({ namedPort: portName }),
);
const destination = fc.oneof(
  fc.constant({}),
  fc.record({ destinationPort: fc.oneof(fc.record({ number: portNumber }), fc.record({ range })) }),
);
const protocolMatch: fc.Arbitrary<ClusterPolicyProtocol> = fc.oneof(
  fc.record({ tcp: destination }),
  fc.record({ udp: destination }),
  fc.record({ sctp: destination }),
  fc.record({ destinationNamedPort: portName }),
);

/** Rules of one direction. @param peers that only rules that allow may have, and that every rule may have */
function rules<Action extends string, Rest>(
  actions: readonly [Action, ...Action[]],
  side: 'from' | 'to',
  rest: fc.Arbitrary<Rest>,
) {
  const peer = side === 'from' ? ingressPeer : egressPeer;
  const rule = fc
    .tuple(fc.constantFrom(...actions), few(peer), few(fc.oneof({ weight: 6, arbitrary: peer }, names)), rest)
    .map(([action, plain, named, others]) => {
      const peers = side === 'to' && (action === 'Allow' || action === 'Accept') ? named : plain;
      return { action, [side]: peers, ...others };
    });
  return fc.array(rule, { maxLength: 3 });
}

const adminPorts = fc.record({ ports: few(adminPort) }, { requiredKeys: [] });
const protocols = fc.record({ protocols: few(protocolMatch) }, { requiredKeys: [] });
const priority = fc.constantFrom(0, 5, 5, 1000);
const adminActions = ['Allow', 'Deny', 'Pass'] as const;
const baselineActions = ['Allow', 'Deny'] as const;
const clusterActions = ['Accept', 'Deny', 'Pass'] as const;

const admin: fc.Arbitrary<AdminNetworkPolicy['spec']> = fc.record({
  priority,
  subject: podPeer,
  ingress: rules(adminActions, 'from', adminPorts),
  egress: rules(adminActions, 'to', adminPorts),
});
const baseline: fc.Arbitrary<BaselineAdminNetworkPolicy['spec']> = fc.record({
  subject: podPeer,
  ingress: rules(baselineActions, 'from', adminPorts),
  egress: rules(baselineActions, 'to', adminPorts),
});
const cluster: fc.Arbitrary<ClusterNetworkPolicy['spec']> = fc.record({
  tier: fc.constantFrom('Admin' as const, 'Baseline' as const),
  priority,
  subject: podPeer,
  ingress: rules(clusterActions, 'from', protocols),
  egress: rules(clusterActions, 'to', protocols),
});

/** Up to three policies of each kind, and one baseline of v1alpha1; most draws have one version of the API only. */
export const someClusterPolicies: fc.Arbitrary<ClusterPolicy[]> = fc
  .tuple(
    fc.array(admin, { maxLength: 3 }),
    fc.array(baseline, { maxLength: 1 }),
    fc.array(cluster, { maxLength: 3 }),
    fc.constantFrom('old', 'new', 'both'),
  )
  .map(([admins, baselines, clusters, which]) => {
    const old = [
      ...admins.map((spec, index) => ({ ...clusterPolicy('AdminNetworkPolicy', `a${index}`), spec })),
      ...baselines.map((spec) => ({ ...clusterPolicy('BaselineAdminNetworkPolicy', 'default'), spec })),
    ];
    const successors = clusters.map((spec, index) => ({
      ...clusterPolicy('ClusterNetworkPolicy', `c${index}`),
      spec,
    }));
    return [...(which === 'new' ? [] : old), ...(which === 'old' ? [] : successors)];
  });

const nodeAddresses = fc.constantFrom<string[]>([], ['192.168.0.1'], ['203.0.113.7', 'fd00::1:1'], ['192.168.0.9']);

/** None of the nodes, or some of them with labels and addresses. */
export const someNodes: fc.Arbitrary<Node[]> = fc
  .array(fc.record({ labels, addresses: nodeAddresses }), { maxLength: 2 })
  .map((drawn) =>
    drawn.map(({ labels: given, addresses }, index) => ({
      apiVersion: 'v1',
      kind: 'Node' as const,
      metadata: {
        name: `node${index + 1}`,
        namespace: '',
        uid: '',
        labels: given,
        annotations: {},
        ownerReferences: [],
      },
      spec: {},
      status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
    })),
  );
