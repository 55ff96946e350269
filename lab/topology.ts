import { dataServices, dataWorkloads } from './topology-data.ts';
import { shopServices, shopWorkloads } from './topology-shop.ts';
import { systemServices, systemWorkloads } from './topology-system.ts';
import type { Topology } from './workload-spec.ts';

/**
 * The lab's cluster in one declaration: who runs, on which ports, and who talks to whom. Everything else (manifests,
 * addresses, programs, expected edges) is derived from it.
 */
export const topology: Topology = {
  namespaces: [
    { name: 'shop', labels: { 'app.kubernetes.io/part-of': 'shop', team: 'storefront' } },
    { name: 'data', labels: { 'app.kubernetes.io/part-of': 'data', team: 'platform' } },
    { name: 'kube-system', labels: {} },
  ],
  workloads: [...shopWorkloads, ...dataWorkloads, ...systemWorkloads],
  services: [...shopServices, ...dataServices, ...systemServices],
  externals: [
    { name: 'payments.example.net', address: '203.0.113.10', serves: 'http', port: 443 },
    { name: 'mail.example.net', address: '198.51.100.25', serves: 'smtp', port: 25 },
  ],
  upstreamDns: { name: 'dns.example.net', address: '192.0.2.53' },
  visitor: {
    name: 'visitor.example.net',
    address: '198.51.100.77',
    service: { namespace: 'shop', name: 'frontend-external' },
  },
};
