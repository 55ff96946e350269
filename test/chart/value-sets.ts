const issuer = { name: 'corporate' };
const authority = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const postgres = { type: 'postgres', postgres: { secretName: 'weir-database' } };

/** Values as users of the chart may give them, by what they are for. */
export const valueSets: Readonly<Record<string, object>> = {
  nothing: {},
  PostgreSQL: { aggregator: { database: postgres } },
  'several replicas': { aggregator: { replicas: 3, database: postgres } },
  autoscaling: { aggregator: { autoscaling: { enabled: true }, database: postgres } },
  'cert-manager': { certificates: { source: 'certManager', certManager: { issuerRef: issuer }, authority } },
  'cert-manager and trust-manager': {
    certificates: { source: 'certManager', certManager: { issuerRef: issuer }, authorityConfigMap: 'trust' },
  },
  'a Secret': { certificates: { source: 'secret', secretName: 'own', authority } },
  'every socket of the node': {
    agent: {
      criSocket: '/run/containerd/containerd.sock',
      ovsdbSocket: '/var/run/openvswitch/db.sock',
      ciliumDirectory: '/var/run/cilium',
    },
  },
  'kernels without iterators': { agent: { withoutIterators: true } },
  'privileged agents': { agent: { securityMode: 'privileged' } },
  'no NetworkPolicy': { networkPolicy: { enabled: false } },
  monitoring: {
    monitoring: {
      serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
      prometheusRule: { enabled: true },
      dashboards: { enabled: true },
    },
  },
  everything: {
    cluster: 'production',
    fullnameOverride: 'observer',
    commonLabels: { team: 'security' },
    image: { registry: 'registry.example/weir', pullPolicy: 'Always', pullSecrets: ['registry'] },
    agent: {
      image: { digest: `sha256:${'0'.repeat(64)}` },
      window: '1m',
      dnsNames: false,
      cni: 'calico',
      extraArgs: ['--without', 'tcx'],
      affinity: { nodeAffinity: {} },
      podAnnotations: { note: 'x' },
      resources: { requests: { cpu: '1', memory: '1Gi' } },
    },
    aggregator: {
      image: { tag: '9.9.9' },
      replicas: 2,
      bindAddress: '[::]',
      keep: '1m=1h,1h=7d',
      podCidrs: ['10.244.0.0/16', 'fd00::/48'],
      serviceCidrs: ['10.96.0.0/12'],
      extraArgs: ['--max-aliases', '5'],
      database: {
        type: 'postgres',
        postgres: { secretName: 'db', secretKey: 'dsn', cidrs: ['10.0.0.5/32'], port: 5433 },
      },
      tolerations: [{ key: 'infra', operator: 'Exists' }],
      priorityClassName: 'system-cluster-critical',
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
      ],
    },
    access: { aggregateToView: true, proxy: { secretName: 'proxy' } },
    networkPolicy: {
      agentCidrs: ['10.0.0.0/24'],
      clientNamespaces: ['tools'],
      monitoringNamespaces: ['monitoring'],
      apiServerCidrs: ['10.0.0.1/32'],
      apiServerPorts: [6443],
    },
    monitoring: { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true }, dashboards: { enabled: true } },
  },
};

/** Values that cannot work, with what helm says of them. */
export const wrongValues: readonly (readonly [values: object, message: RegExp])[] = [
  [{ aggregatr: {} }, /aggregatr/],
  [{ agent: { windows: '15s' } }, /windows/],
  [{ agent: { window: 'often' } }, /agent[./]window/],
  [{ agent: { securityMode: 'root' } }, /securityMode/],
  [{ agent: { image: { digest: 'latest' } } }, /digest/],
  [{ aggregator: { podCidrs: ['10.1.0.0'] } }, /podCidrs/],
  [{ aggregator: { replicas: 0 } }, /replicas/],
  [{ aggregator: { replicas: 2 } }, /need aggregator.database.type postgres/],
  [{ aggregator: { autoscaling: { enabled: true } } }, /need aggregator.database.type postgres/],
  [{ aggregator: { database: { type: 'postgres' } } }, /postgres.secretName: name the Secret/],
  [{ certificates: { source: 'certManager', authority: 'x' } }, /issuerRef.name: name who issues/],
  [{ certificates: { source: 'secret', secretName: 'own' } }, /say by which authority agents know the aggregator/],
  [{ certificates: { source: 'secret', authority: 'x' } }, /name the Secret with tls.crt and tls.key/],
];
