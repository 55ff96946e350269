/** The words in which a lab cluster is declared. */

/** What a pod does as a client, again and again, each time over a new connection from every replica. */
export type CallKind = 'http' | 'curl' | 'redis' | 'postgres' | 'quote' | 'statsd' | 'smtp';

/** Where a call goes: a Service of the cluster, or a host outside it. */
export type CallTarget =
  | { readonly type: 'service'; readonly namespace: string; readonly name: string }
  | { readonly type: 'external'; readonly name: string };

export interface Call {
  readonly kind: CallKind;
  readonly to: CallTarget;
  /** The port that the client names: the Service's port, or the external host's. */
  readonly port: number;
  /** Path of an HTTP request. */
  readonly path?: string;
}

export interface PortSpec {
  readonly name: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

/** The main program of a pod. `service` is the lab's own small server and client. */
export type Program =
  | { readonly type: 'service' }
  | { readonly type: 'nginx' }
  | { readonly type: 'dnsmasq' }
  | { readonly type: 'redis'; readonly replicaOf: CallTarget | null }
  | { readonly type: 'postgres' };

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'CronJob' | 'Pod';

export interface WorkloadSpec {
  readonly namespace: string;
  readonly kind: WorkloadKind;
  readonly name: string;
  /** Pods; a DaemonSet has one on every node whatever stands here. */
  readonly replicas: number;
  /** Labels of the pods beside those that the controller adds. */
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly ports: readonly PortSpec[];
  readonly program: Program;
  readonly calls: readonly Call[];
  /** Over which protocol its pods ask the cluster's DNS; null when they resolve no names. */
  readonly resolver: 'UDP' | 'TCP' | null;
}

export interface ServicePortSpec {
  readonly name: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number;
  /** Number or name of a container port. */
  readonly targetPort: number | string;
  /** Opens the port on every node that has a backend; the caller's address is kept. */
  readonly nodePort?: number;
}

export interface ServiceSpec {
  readonly namespace: string;
  readonly name: string;
  readonly clusterIp: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePortSpec[];
}

/** A host outside the cluster. */
export interface ExternalSpec {
  readonly name: string;
  readonly address: string;
}

/** A host outside that serves something. */
export interface ExternalServerSpec extends ExternalSpec {
  readonly serves: 'http' | 'smtp';
  readonly port: number;
}

export interface NamespaceSpec {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Topology {
  readonly namespaces: readonly NamespaceSpec[];
  readonly workloads: readonly WorkloadSpec[];
  readonly services: readonly ServiceSpec[];
  readonly externals: readonly ExternalServerSpec[];
  /** The resolver outside the cluster that the cluster's DNS asks. */
  readonly upstreamDns: ExternalSpec;
  /** A client outside that calls a node port on every node. */
  readonly visitor: ExternalSpec & { readonly service: { readonly namespace: string; readonly name: string } };
}

/** The transport protocol of a call. */
export function protocolOf(kind: CallKind): 'TCP' | 'UDP' {
  return kind === 'quote' || kind === 'statsd' ? 'UDP' : 'TCP';
}
