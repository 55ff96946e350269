import type { NetworkPolicy } from '../../core/kubernetes.ts';
import type { WorkloadSpec } from '../../lab/workload-spec.ts';
import { policy } from './policies.ts';

/** What the pods that are judged have in common. */
export const bare = {
  kind: 'Pod',
  replicas: 1,
  image: 'registry.example.net/judge:1',
  ports: [],
  program: { type: 'service' },
  calls: [],
  resolver: null,
} as const satisfies Partial<WorkloadSpec>;

const tcp = (name: string, port: number) => ({ name, port, protocol: 'TCP' }) as const;

/** The ports of the server, in the order in which the cases name what gets through: 0 is none of its listeners. */
export const serverPorts = [tcp('http', 8080), tcp('admin', 8081), tcp('metrics', 8083)] as const;
export const quotePort = { name: 'quotes', port: 7000, protocol: 'UDP' } as const;

/** What reaches the server from a client: its TCP ports and its UDP port, as a set of port numbers. */
export type Reached = readonly number[];
export const everything: Reached = [8080, 8081, 8083, 7000];

export interface PolicyCase {
  readonly name: string;
  readonly policies: readonly NetworkPolicy[];
  /** From the client in the server's own namespace, and from the one in another. */
  readonly near: Reached;
  readonly far: Reached;
}

const server = { matchLabels: { role: 'server' } };
export const client = { matchLabels: { role: 'client' } };
export const ingress = (rule: NonNullable<NetworkPolicy['spec']['ingress']>) =>
  policy('shop', 'judged', { podSelector: server, policyTypes: ['Ingress'], ingress: rule });
const egress = (rule: NonNullable<NetworkPolicy['spec']['egress']>) =>
  policy('shop', 'judged', { podSelector: client, policyTypes: ['Egress'], egress: rule });

/** The cases, for a client in another namespace and a server at these addresses. */
export function policyCases(farAddress: string, serverAddress: string): readonly PolicyCase[] {
  return [
    { name: 'no policy', policies: [], near: everything, far: everything },
    {
      name: 'a default deny of ingress',
      policies: [policy('shop', 'deny', { podSelector: {} })],
      near: [],
      far: [],
    },
    {
      name: 'a policy in another namespace',
      policies: [policy('data', 'deny', { podSelector: {}, policyTypes: ['Ingress'] })],
      near: everything,
      far: everything,
    },
    {
      name: 'a podSelector, which means the own namespace, and a named port',
      policies: [ingress([{ from: [{ podSelector: client }], ports: [{ port: 'http' }] }])],
      near: [8080],
      far: [],
    },
    {
      name: 'a namespaceSelector',
      policies: [ingress([{ from: [{ namespaceSelector: { matchLabels: { team: 'platform' } } }] }])],
      near: [],
      far: everything,
    },
    {
      name: 'both selectors in one peer',
      policies: [
        ingress([
          { from: [{ namespaceSelector: { matchLabels: { team: 'platform' } }, podSelector: server }] },
          {
            from: [
              {
                namespaceSelector: {},
                podSelector: { matchExpressions: [{ key: 'absent', operator: 'In', values: ['x'] }] },
              },
            ],
          },
        ]),
      ],
      near: [],
      far: [],
    },
    {
      name: 'both selectors in two peers',
      policies: [
        ingress([{ from: [{ namespaceSelector: { matchLabels: { team: 'platform' } } }, { podSelector: client }] }]),
      ],
      near: everything,
      far: everything,
    },
    {
      name: 'NotIn on a key that the pod does not have',
      policies: [
        ingress([
          { from: [{ podSelector: { matchExpressions: [{ key: 'absent', operator: 'NotIn', values: ['x'] }] } }] },
        ]),
      ],
      near: everything,
      far: [],
    },
    {
      name: 'an ipBlock with an exception',
      policies: [
        ingress([
          { from: [{ ipBlock: { cidr: '10.244.0.0/16', except: [`${farAddress}/32`] } }], ports: [{ port: 8081 }] },
        ]),
      ],
      near: [8081],
      far: [],
    },
    {
      name: 'a range of ports from everywhere',
      policies: [ingress([{ ports: [{ port: 8081, endPort: 8083 }] }])],
      near: [8081, 8083],
      far: [8081, 8083],
    },
    {
      name: 'every port of one protocol',
      policies: [ingress([{ ports: [{ protocol: 'UDP' }] }])],
      near: [7000],
      far: [7000],
    },
    {
      name: 'a port number under the wrong protocol',
      policies: [ingress([{ ports: [{ port: 8080, protocol: 'UDP' }, { port: 7000 }] }])],
      near: [],
      far: [],
    },
    {
      name: 'egress to a port that only the destination can name',
      policies: [
        egress([{ to: [{ podSelector: server }], ports: [{ port: 'admin' }, { port: 'quotes', protocol: 'UDP' }] }]),
      ],
      near: [8081, 7000],
      far: everything,
    },
    {
      name: 'egress to an ipBlock',
      policies: [egress([{ to: [{ ipBlock: { cidr: `${serverAddress}/32` } }], ports: [{ port: 8083 }] }])],
      near: [8083],
      far: everything,
    },
    {
      name: 'egress that is allowed and ingress that is not',
      policies: [egress([{}]), policy('shop', 'also', { podSelector: server, ingress: [{ ports: [{ port: 8081 }] }] })],
      near: [8081],
      far: [8081],
    },
    {
      name: 'two policies, which allow what either allows',
      policies: [
        ingress([{ from: [{ podSelector: client }], ports: [{ port: 8080 }] }]),
        policy('shop', 'second', { podSelector: server, ingress: [{ ports: [{ port: 8083 }] }] }),
      ],
      near: [8080, 8083],
      far: [8083],
    },
  ];
}
