import { type Address, familyOf, scopeOf } from '../../core/address.ts';
import { type WorkloadRef, workloadKey } from '../../core/identity.ts';
import type { Service } from '../../core/kubernetes.ts';
import type { Workload } from '../../core/workload.ts';
import { type Services, targetPorts } from './services.ts';

export const dnsPort = 53;
const systemNamespace = 'kube-system';
/** The names of the cluster's DNS Service: in the DNS specification of Kubernetes, and in OpenShift. */
const clusterServices = new Set(['kube-system/kube-dns', 'openshift-dns/dns-default']);
/** The label of the DNS Service and its pods, whatever their names (kubernetes/cluster/addons/dns). */
const [dnsLabel, dnsLabelValue] = ['k8s-app', 'kube-dns'];
const nodeLocalValue = 'node-local-dns';

function servesDns({ spec }: Service): boolean {
  return (spec.ports ?? []).some(({ port, protocol }) => port === dnsPort && protocol === 'UDP');
}

function isOfCluster({ metadata }: Service): boolean {
  return (
    clusterServices.has(`${metadata.namespace}/${metadata.name}`) ||
    (metadata.namespace === systemNamespace && metadata.labels[dnsLabel] === dnsLabelValue)
  );
}

/** Tells the DNS servers of a cluster, on the ports on which they answer. */
export class ClusterDns {
  /** Addresses of the cluster's DNS Service, which a DNS server on each node may answer in its place; else empty. */
  readonly nodeLocalAddresses: readonly Address[];
  /** Workload key -> ports of the pods. */
  readonly #ports = new Map<string, Set<number>>();
  readonly #hasNodeLocal: boolean;

  constructor(services: Services, workloads: readonly Workload[]) {
    this.#hasNodeLocal = workloads.some(
      ({ ref, labels }) => ref.namespace === systemNamespace && labels[dnsLabel] === nodeLocalValue,
    );
    const serving = [...services.all].filter(servesDns);
    for (const { metadata, spec } of serving) {
      const ports = (spec.ports ?? []).filter(({ port }) => port === dnsPort);
      for (const workload of services.workloadsOf(metadata)) {
        const key = workloadKey(workload.ref);
        const known = this.#ports.get(key) ?? new Set();
        for (const port of ports.flatMap((each) => targetPorts(each, workload))) known.add(port);
        this.#ports.set(key, known);
      }
    }
    this.nodeLocalAddresses = this.#hasNodeLocal
      ? serving.filter(isOfCluster).flatMap(({ metadata }) => services.addressesOf(metadata))
      : [];
  }

  /** By what is behind a Service on port 53, or by port 53 of any workload of kube-system. */
  serves(ref: WorkloadRef, port: number): boolean {
    if (ref.namespace === systemNamespace && port === dnsPort) return true;
    return this.#ports.get(workloadKey(ref))?.has(port) ?? false;
  }

  /** Whether an address is that of the DNS server on each node (NodeLocal DNSCache), which has a link-local one. */
  isNodeLocal(address: Address, port: number): boolean {
    if (!this.#hasNodeLocal || port !== dnsPort) return false;
    const isUniqueLocal = familyOf(address) === 6 && /^f[cd]/.test(address);
    return scopeOf(address) === 'link-local' || isUniqueLocal;
  }
}
