import type { ServiceSpec, WorkloadSpec } from './workload-spec.ts';

/** The address of the cluster's DNS Service, as kubeadm has it. */
export const dnsServiceIp = '10.96.0.10';

export const systemWorkloads: readonly WorkloadSpec[] = [
  {
    namespace: 'kube-system',
    kind: 'Deployment',
    name: 'coredns',
    replicas: 2,
    labels: { 'k8s-app': 'kube-dns' },
    image: 'dnsmasq:2.89',
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    ],
    program: { type: 'dnsmasq' },
    calls: [],
    resolver: null,
  },
  {
    namespace: 'kube-system',
    kind: 'DaemonSet',
    name: 'metrics-collector',
    replicas: 0,
    labels: { 'app.kubernetes.io/name': 'metrics-collector', 'app.kubernetes.io/component': 'agent' },
    image: 'registry.example.net/metrics-collector:2.0.1',
    ports: [{ name: 'statsd', port: 8125, protocol: 'UDP' }],
    program: { type: 'service' },
    calls: [],
    resolver: null,
  },
];

export const systemServices: readonly ServiceSpec[] = [
  {
    namespace: 'kube-system',
    name: 'kube-dns',
    clusterIp: dnsServiceIp,
    selector: { 'k8s-app': 'kube-dns' },
    ports: [
      { name: 'dns', protocol: 'UDP', port: 53, targetPort: 53 },
      { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 53 },
    ],
  },
  {
    namespace: 'kube-system',
    name: 'statsd',
    clusterIp: '10.96.0.40',
    selector: { 'app.kubernetes.io/name': 'metrics-collector' },
    ports: [{ name: 'statsd', protocol: 'UDP', port: 8125, targetPort: 'statsd' }],
  },
];
