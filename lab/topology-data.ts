import type { CallTarget, ServiceSpec, WorkloadSpec } from './workload-spec.ts';

const redis: CallTarget = { type: 'service', namespace: 'data', name: 'redis' };

function labels(name: string, component: string): Readonly<Record<string, string>> {
  return {
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/part-of': 'data',
  };
}

const store = { namespace: 'data', kind: 'StatefulSet', replicas: 1, calls: [], resolver: null } as const;

export const dataWorkloads: readonly WorkloadSpec[] = [
  {
    ...store,
    name: 'redis',
    labels: labels('redis', 'primary'),
    image: 'redis:7.0',
    ports: [{ name: 'redis', port: 6379, protocol: 'TCP' }],
    program: { type: 'redis', replicaOf: null },
  },
  {
    ...store,
    name: 'redis-replica',
    labels: labels('redis', 'replica'),
    image: 'redis:7.0',
    ports: [{ name: 'redis', port: 6379, protocol: 'TCP' }],
    program: { type: 'redis', replicaOf: redis },
    // Beside the replication, which is one long connection, it asks the primary for its state.
    calls: [{ kind: 'redis', to: redis, port: 6379 }],
    resolver: 'UDP',
  },
  {
    ...store,
    name: 'postgres',
    labels: labels('postgres', 'primary'),
    image: 'postgres:15',
    ports: [{ name: 'postgres', port: 5432, protocol: 'TCP' }],
    program: { type: 'postgres' },
  },
];

function service(
  name: string,
  clusterIp: string,
  selector: Readonly<Record<string, string>>,
  port: number,
): ServiceSpec {
  return {
    namespace: 'data',
    name,
    clusterIp,
    selector,
    ports: [{ name, protocol: 'TCP', port, targetPort: port }],
  };
}

export const dataServices: readonly ServiceSpec[] = [
  service(
    'redis',
    '10.96.30.10',
    { 'app.kubernetes.io/name': 'redis', 'app.kubernetes.io/component': 'primary' },
    6379,
  ),
  service(
    'redis-replica',
    '10.96.30.11',
    { 'app.kubernetes.io/name': 'redis', 'app.kubernetes.io/component': 'replica' },
    6379,
  ),
  service('postgres', '10.96.30.12', { 'app.kubernetes.io/name': 'postgres' }, 5432),
];
