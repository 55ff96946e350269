import type { Call, CallKind, PortSpec, ServicePortSpec, ServiceSpec, WorkloadSpec } from './workload-spec.ts';

const shop = (kind: CallKind, name: string, port: number, path?: string): Call => ({
  kind,
  to: { type: 'service', namespace: 'shop', name },
  port,
  ...(path === undefined ? {} : { path }),
});

const data = (kind: CallKind, name: string, port: number): Call => ({
  kind,
  to: { type: 'service', namespace: 'data', name },
  port,
});

const outside = (kind: CallKind, name: string, port: number): Call => ({ kind, to: { type: 'external', name }, port });

const statsd: Call = { kind: 'statsd', to: { type: 'service', namespace: 'kube-system', name: 'statsd' }, port: 8125 };

const http = (port: number): PortSpec => ({ name: 'http', port, protocol: 'TCP' });

/** A stateless shop service: two replicas of the lab's own server, names resolved over UDP when it calls anyone. */
function deployment(name: string, ports: readonly PortSpec[], calls: readonly Call[]): WorkloadSpec {
  return {
    namespace: 'shop',
    kind: 'Deployment',
    name,
    replicas: 2,
    labels: {
      'app.kubernetes.io/name': name,
      'app.kubernetes.io/part-of': 'shop',
      'app.kubernetes.io/version': '1.4.2',
    },
    image: `registry.example.net/shop/${name}:1.4.2`,
    ports,
    program: { type: 'service' },
    calls,
    resolver: calls.length > 0 ? 'UDP' : null,
  };
}

export const shopWorkloads: readonly WorkloadSpec[] = [
  {
    ...deployment(
      'frontend',
      [http(8080)],
      [
        shop('http', 'cart', 7070, '/cart'),
        shop('http', 'catalogue', 3550, '/catalogue'),
        shop('http', 'recommendation', 80, '/recommendation'),
        shop('http', 'shipping', 80, '/shipping'),
        shop('http', 'checkout', 5050, '/checkout'),
        shop('http', 'ads', 9555, '/ads'),
      ],
    ),
    image: 'nginx:1.22',
    program: { type: 'nginx' },
  },
  deployment('cart', [http(7070)], [data('redis', 'redis', 6379), statsd]),
  deployment('catalogue', [http(8080)], [data('postgres', 'postgres', 5432)]),
  deployment('currency', [{ name: 'quotes', port: 7000, protocol: 'UDP' }], []),
  deployment('payment', [http(8443)], [outside('http', 'payments.example.net', 443), statsd]),
  { ...deployment('shipping', [http(8080)], [shop('quote', 'currency', 7000)]), resolver: 'TCP' },
  deployment(
    'checkout',
    [http(5050)],
    [
      shop('http', 'cart', 7070),
      shop('http', 'catalogue', 3550),
      shop('quote', 'currency', 7000),
      shop('http', 'payment', 443),
      shop('http', 'shipping', 80),
      shop('http', 'email', 5000),
      statsd,
    ],
  ),
  deployment('recommendation', [http(8081)], [shop('http', 'catalogue', 3550), data('redis', 'redis-replica', 6379)]),
  deployment('ads', [http(9555)], []),
  { ...deployment('email', [http(8080)], [outside('smtp', 'mail.example.net', 25)]), replicas: 1 },
  {
    ...deployment(
      'loadgenerator',
      [],
      [
        shop('curl', 'frontend', 80, '/'),
        shop('curl', 'frontend', 80, '/cart'),
        shop('curl', 'frontend', 80, '/catalogue'),
        shop('curl', 'frontend', 80, '/recommendation'),
        shop('curl', 'frontend', 80, '/shipping'),
        shop('curl', 'frontend', 80, '/checkout'),
        shop('curl', 'frontend', 80, '/ads'),
      ],
    ),
    replicas: 1,
  },
  { ...deployment('report', [], [data('postgres', 'postgres', 5432)]), kind: 'CronJob', replicas: 1 },
];

function service(name: string, clusterIp: string, port: number, target: Partial<ServicePortSpec> = {}): ServiceSpec {
  return {
    namespace: 'shop',
    name,
    clusterIp,
    selector: { 'app.kubernetes.io/name': name },
    ports: [{ name: 'http', protocol: 'TCP', port, targetPort: 'http', ...target }],
  };
}

export const shopServices: readonly ServiceSpec[] = [
  service('frontend', '10.96.20.10', 80),
  {
    ...service('frontend-external', '10.96.20.11', 80, { targetPort: 8080, nodePort: 30080 }),
    selector: { 'app.kubernetes.io/name': 'frontend' },
  },
  service('cart', '10.96.20.12', 7070, { targetPort: 7070 }),
  service('catalogue', '10.96.20.13', 3550),
  service('currency', '10.96.20.14', 7000, { name: 'quotes', protocol: 'UDP', targetPort: 'quotes' }),
  service('payment', '10.96.20.15', 443),
  service('shipping', '10.96.20.16', 80),
  service('checkout', '10.96.20.17', 5050),
  service('recommendation', '10.96.20.18', 80),
  service('ads', '10.96.20.19', 9555, { targetPort: 9555 }),
  service('email', '10.96.20.20', 5000),
];
