import { type WorkloadRef, workloadKey } from '../core/identity.ts';
import type { ClusterSnapshot, ServicePort } from '../core/kubernetes.ts';
import type { Workload } from '../core/workload.ts';
import { containerPorts } from './pod-peer.ts';
import { compileSelector } from './selector.ts';

const dnsPort = 53;
const dnsNamespace = 'kube-system';
/** The Service's name in every distribution that keeps to the DNS specification of Kubernetes, whatever serves it. */
const dnsService = 'kube-dns';

function targetPorts(port: ServicePort, workload: Workload): number[] {
  if (typeof port.targetPort === 'number') return [port.targetPort];
  if (port.targetPort === undefined) return [port.port];
  return containerPorts(workload.spec)
    .filter((each) => each.name === port.targetPort && (each.protocol ?? 'TCP') === (port.protocol ?? 'TCP'))
    .map((each) => each.containerPort);
}

/** Tells the cluster's DNS servers, on the ports on which they answer. */
export class ClusterDns {
  /** Workload key -> ports of the pods. */
  readonly #ports = new Map<string, Set<number>>();

  constructor(cluster: ClusterSnapshot, workloads: readonly Workload[]) {
    const service = cluster.services.find(
      ({ metadata }) => metadata.namespace === dnsNamespace && metadata.name === dnsService,
    );
    const selector = service?.spec.selector;
    if (service === undefined || selector === undefined || Object.keys(selector).length === 0) return;
    const selected = compileSelector({ matchLabels: selector });
    const ports = (service.spec.ports ?? []).filter((each) => each.port === dnsPort);
    for (const workload of workloads) {
      if (workload.ref.namespace !== dnsNamespace || !selected(workload.labels)) continue;
      this.#ports.set(workloadKey(workload.ref), new Set(ports.flatMap((each) => targetPorts(each, workload))));
    }
  }

  /** By what backs the Service kube-system/kube-dns, or by port 53 of any workload of kube-system. */
  serves(ref: WorkloadRef, port: number): boolean {
    if (ref.namespace === dnsNamespace && port === dnsPort) return true;
    return this.#ports.get(workloadKey(ref))?.has(port) ?? false;
  }
}
