import fc from 'fast-check';
import type { Address } from '../../core/address.ts';
import type {
  IPBlock,
  LabelSelector,
  LabelSelectorRequirement,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../../core/kubernetes.ts';
import type { Peer, Query } from '../../policy/evaluate/query.ts';
import { pod, policy } from './peers.ts';

/* Few names, labels, ports and addresses, so that much of what is drawn meets. */
const namespace = fc.constantFrom('n1', 'n2', 'n3');
const key = fc.constantFrom('a', 'b', 'c');
const value = fc.constantFrom('x', 'y', '');
export const labels = fc.dictionary(key, value, { maxKeys: 3 });
const team = fc.dictionary(fc.constantFrom('team', 'a'), value, { maxKeys: 2 });
export const portName = fc.constantFrom('http', 'dns');
export const portNumber = fc.constantFrom(53, 80, 81, 8080);
export const protocol = fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const);
const addressText = fc.constantFrom(
  '10.0.0.1',
  '10.0.0.2',
  '10.0.1.1',
  '203.0.113.7',
  'fd00::1',
  'fd00::1:1',
  '127.0.0.1',
);
const podAddresses = fc
  .constantFrom<string[]>(
    [],
    ['10.0.0.1'],
    ['10.0.0.2'],
    ['fd00::1'],
    ['10.0.1.1', 'fd00::1:1'],
    ['10.0.0.1', 'fd00::1'],
  )
  .map((texts) => texts as Address[]);
export const nodeName = fc.constantFrom('node1', 'node2');

const requirement: fc.Arbitrary<LabelSelectorRequirement> = fc.oneof(
  fc.record({
    key,
    operator: fc.constantFrom('In' as const, 'NotIn' as const),
    values: fc.array(value, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ key, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
);
export const selector: fc.Arbitrary<LabelSelector> = fc.record(
  {
    matchLabels: fc.dictionary(key, value, { maxKeys: 1 }),
    matchExpressions: fc.array(requirement, { maxLength: 1 }),
  },
  { requiredKeys: [] },
);
export const namespaceSelector: fc.Arbitrary<LabelSelector> = fc.oneof(
  selector,
  namespace.map((name) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } })),
);
const ipBlock: fc.Arbitrary<IPBlock> = fc.record(
  {
    cidr: fc.constantFrom(
      '0.0.0.0/0',
      '10.0.0.0/24',
      '10.0.0.0/31',
      '203.0.113.0/24',
      '::/0',
      'fd00::/112',
      '10.0.0.9/23',
    ),
    except: fc.subarray(['10.0.0.1/32', '10.0.0.0/30', '203.0.113.4/30', 'fd00::1/128']),
  },
  { requiredKeys: ['cidr'] },
);
const rulePeer: fc.Arbitrary<NetworkPolicyPeer> = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector }),
  fc.record({ podSelector: selector, namespaceSelector }),
  fc.record({ ipBlock }),
  fc.constant({}),
);
const rulePort: fc.Arbitrary<NetworkPolicyPort> = fc.oneof(
  fc.record({ protocol, port: fc.oneof(portNumber, portName) }, { requiredKeys: [] }),
  fc.record(
    { protocol, port: fc.constant(80), endPort: fc.constantFrom(80, 81, 9000) },
    { requiredKeys: ['port', 'endPort'] },
  ),
);
const ports = fc.array(rulePort, { maxLength: 2 });
const peers = fc.array(rulePeer, { maxLength: 2 });
export const someNetworkPolicy: fc.Arbitrary<NetworkPolicy> = fc
  .tuple(
    namespace,
    fc.record(
      {
        podSelector: selector,
        policyTypes: fc.subarray(['Ingress' as const, 'Egress' as const]),
        ingress: fc.array(fc.record({ from: peers, ports }, { requiredKeys: [] }), { maxLength: 2 }),
        egress: fc.array(fc.record({ to: peers, ports }, { requiredKeys: [] }), { maxLength: 2 }),
      },
      { requiredKeys: ['podSelector'] },
    ),
  )
  .map(([name, spec]) => policy(spec, 'p', name));

const containerPort = fc.record(
  { name: portName, containerPort: portNumber, protocol },
  { requiredKeys: ['name', 'containerPort'] },
);
const somePod: fc.Arbitrary<Peer> = fc
  .record({
    namespace,
    labels,
    namespaceLabels: team,
    addresses: podAddresses,
    ports: fc.array(containerPort, { maxLength: 2 }),
    hostNetwork: fc.integer({ min: 0, max: 4 }).map((drawn) => drawn === 0),
    nodeName: fc.option(nodeName),
  })
  .chain((given) => fc.constantFrom('p1', 'p2', 'p3').map((name) => pod(name, given)));
const somePeer: fc.Arbitrary<Peer> = fc.oneof(
  { weight: 6, arbitrary: somePod },
  { weight: 2, arbitrary: addressText.map((text): Peer => ({ type: 'address', address: text as Address })) },
  { weight: 1, arbitrary: nodeName.map((name): Peer => ({ type: 'node', name })) },
  { weight: 1, arbitrary: namespace.map((name): Peer => ({ type: 'service', namespace: name, name: 's' })) },
  {
    weight: 1,
    arbitrary: namespace.map((name): Peer => ({ type: 'gone', namespace: name, kind: 'Deployment', name: 'd' })),
  },
);
export const someQuery: fc.Arbitrary<Query> = fc.record({
  client: somePeer,
  server: somePeer,
  protocol: fc.oneof(
    { weight: 9, arbitrary: protocol },
    { weight: 1, arbitrary: fc.constantFrom('ICMP' as const, 'ICMPv6' as const) },
  ),
  port: portNumber,
});
