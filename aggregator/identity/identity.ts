import { type Address, type Cidr, parseCidr, scopeOf } from '../../core/address.ts';
import type { FlowRecord } from '../../core/flow.ts';
import type { Entity, PodRef, ServiceRef, UnresolvedReason } from '../../core/identity.ts';
import type { ClusterSnapshot } from '../../core/kubernetes.ts';
import type { Milliseconds, UnixMs } from '../../core/time.ts';
import { CidrSet } from './cidr-set.ts';
import { type NodePort, viewCluster } from './cluster-view.ts';
import { entityOfPod, type PodIdentity, portKey, type ServiceIdentity } from './holders.ts';
import { KnownPods } from './known-pods.ts';
import { Timeline } from './timeline.ts';

export interface IdentityOptions {
  readonly podCidrs: readonly Cidr[];
  readonly serviceCidrs: readonly Cidr[];
  /** How long who is gone is remembered, for batches that come late. */
  readonly memoryMs: Milliseconds;
  /** How late the cluster's state may show a change, and by how much clocks may differ. */
  readonly toleranceMs: Milliseconds;
}

/** The far end of a flow, with a name. */
export interface RemotePeer {
  readonly entity: Entity;
  /** The port on the server's pod; the Service's own where the pod is not known. */
  readonly port: number;
  /** The Service through which the far end was reached. */
  readonly service: ServiceRef | null;
  /** False where the cluster's state may only be late to show who it is. */
  readonly settled: boolean;
}

type RemoteEnd = Pick<FlowRecord, 'role' | 'remote' | 'port' | 'protocol' | 'lastSeenUnixMs'>;

/** Says whose an address was at a moment, and which workload a pod belongs to. */
export class Identity {
  readonly #options: IdentityOptions;
  readonly #pods: Timeline<PodIdentity>;
  readonly #services: Timeline<ServiceIdentity>;
  readonly #nodes: Timeline<string>;
  readonly #nodePorts: Timeline<NodePort>;
  readonly #known = new KnownPods();
  readonly #serviceCidrs: CidrSet;
  #podCidrs: CidrSet;

  constructor(options: IdentityOptions) {
    this.#options = options;
    this.#pods = new Timeline(options.toleranceMs);
    this.#services = new Timeline(options.toleranceMs);
    this.#nodes = new Timeline(options.toleranceMs);
    this.#nodePorts = new Timeline(options.toleranceMs);
    this.#podCidrs = new CidrSet(options.podCidrs);
    this.#serviceCidrs = new CidrSet(options.serviceCidrs);
  }

  /** Takes the cluster's present state. */
  update(cluster: ClusterSnapshot, nowUnixMs: UnixMs): void {
    const view = viewCluster(cluster);
    this.#pods.feed(view.pods, nowUnixMs);
    this.#services.feed(view.services, nowUnixMs);
    this.#nodes.feed(view.nodes, nowUnixMs);
    this.#nodePorts.feed(view.nodePorts, nowUnixMs);
    this.#known.feed(view.podIndex, nowUnixMs);
    const stated = view.podBlocks.map(parseCidr).filter((block) => block !== null);
    this.#podCidrs = new CidrSet([...this.#options.podCidrs, ...stated]);
    const oldest = nowUnixMs - this.#options.memoryMs;
    for (const each of [this.#pods, this.#services, this.#nodes, this.#nodePorts, this.#known]) each.forget(oldest);
  }

  knows(pod: PodRef): boolean {
    return this.#known.get(pod) !== undefined;
  }

  /** What a reporting pod's traffic counts as. A pod that the cluster's state does not show stands for itself. */
  reporter(pod: PodRef): Entity {
    const known = this.#known.get(pod);
    if (known !== undefined) return entityOfPod(known);
    return { type: 'workload', namespace: pod.namespace, kind: 'Pod', name: pod.name };
  }

  /**
   * The far end of a flow as of the flow's last packet. The order of the questions is: special address, pod, Service,
   * node, pod block, service block, else external.
   *
   * A client's report to a Service names the workload behind it, with the port there, if it is the only one. If several
   * are behind it, the report does not say which was reached: it stays with the Service, and the servers' own reports
   * name the workloads. Each report is thus counted in exactly one edge.
   */
  remote(record: RemoteEnd): RemotePeer {
    const { remote, port, lastSeenUnixMs } = record;
    if (scopeOf(remote) !== 'unicast') return unresolved(remote, port, 'special-address');
    const pod = this.#pods.at(remote, lastSeenUnixMs);
    if (pod !== undefined) return { entity: entityOfPod(pod), port, service: null, settled: true };
    const service = this.#services.at(remote, lastSeenUnixMs);
    if (service !== undefined) {
      const later = this.#services.at(remote, lastSeenUnixMs + this.#options.toleranceMs);
      return throughService(record, port, [service, later]);
    }
    const node = this.#nodes.at(remote, lastSeenUnixMs);
    if (node !== undefined) return this.#throughNode(record, node);
    if (this.#podCidrs.contains(remote)) return unresolved(remote, port, 'pod-cidr');
    if (this.#serviceCidrs.contains(remote)) return unresolved(remote, port, 'service-cidr');
    return { entity: { type: 'external', address: remote }, port, service: null, settled: true };
  }

  #throughNode(record: RemoteEnd, node: string): RemotePeer {
    const { role, protocol, port, lastSeenUnixMs } = record;
    const nodePort = role === 'client' ? this.#nodePorts.at(portKey(protocol, port), lastSeenUnixMs) : undefined;
    if (nodePort !== undefined) return throughService(record, nodePort.port, [nodePort.service]);
    return { entity: { type: 'node', name: node }, port, service: null, settled: true };
  }
}

function unresolved(address: Address, port: number, reason: UnresolvedReason): RemotePeer {
  const settled = reason === 'special-address';
  return { entity: { type: 'unresolved', address, reason }, port, service: null, settled };
}

/** @param states of the Service at the moment and a little later: the first that has anything behind the port counts */
function throughService(
  { role, protocol, port }: RemoteEnd,
  servicePort: number,
  states: readonly [ServiceIdentity, ...(ServiceIdentity | undefined)[]],
): RemotePeer {
  const { ref } = states[0];
  if (role === 'server') return { entity: { type: 'service', ...ref }, port, service: null, settled: true };
  const key = portKey(protocol, servicePort);
  const behind = states.map((state) => state?.targets.get(key) ?? []).find(({ length }) => length > 0) ?? [];
  const [only, ...others] = behind;
  if (only !== undefined && others.length === 0) return { ...only, service: ref, settled: true };
  return { entity: { type: 'service', ...ref }, port: servicePort, service: ref, settled: behind.length > 0 };
}
