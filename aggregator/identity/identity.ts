import { type Address, type Cidr, parseCidr, scopeOf } from '../../core/address.ts';
import type { Endpoint } from '../../core/flow.ts';
import type { Entity, PodRef } from '../../core/identity.ts';
import type { ClusterSnapshot } from '../../core/kubernetes.ts';
import type { Milliseconds, UnixMs } from '../../core/time.ts';
import { CidrSet } from './cidr-set.ts';
import { type NodePort, viewCluster } from './cluster-view.ts';
import { entityOfPod, type PodIdentity, portKey, type ServiceIdentity } from './holders.ts';
import { KnownPods } from './known-pods.ts';
import { type RemoteEnd, type RemotePeer, settled, throughService, unresolved } from './remote-peer.ts';
import { Timeline } from './timeline.ts';

export interface IdentityOptions {
  readonly podCidrs: readonly Cidr[];
  readonly serviceCidrs: readonly Cidr[];
  /** How long who is gone is remembered, for batches that come late. */
  readonly memoryMs: Milliseconds;
  /** How late the cluster's state may show a change, and by how much clocks may differ. */
  readonly toleranceMs: Milliseconds;
}

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
   * The far end of a flow as of the flow's last packet. Where the node translated what a client called, `remote` is what
   * was reached and `seenAs` tells by which Service, however many workloads are behind that. Behind a server's `remote`
   * there is never a Service: what the server saw in its place only masquerades it.
   */
  remote(record: RemoteEnd): RemotePeer {
    const peer = this.#reached(record);
    if (record.role === 'server' || record.seenAs === null) return peer;
    const called = this.#called(record.seenAs, record);
    return { ...peer, service: called.service ?? peer.service, waitsFor: [...peer.waitsFor, ...called.waitsFor] };
  }

  /** The order of the questions is: special address, pod, Service, node, pod block, service block, else external. */
  #reached(record: RemoteEnd): RemotePeer {
    const { remote, port, lastSeenUnixMs } = record;
    if (scopeOf(remote) !== 'unicast') return unresolved(remote, port, 'special-address');
    const pod = this.#pods.at(remote, lastSeenUnixMs);
    if (pod !== undefined) return settled(entityOfPod(pod), port);
    const [service, later] = this.#serviceStates(remote, lastSeenUnixMs);
    if (service !== undefined) return throughService(record, port, [service, later]);
    const node = this.#nodes.at(remote, lastSeenUnixMs);
    if (node !== undefined) return this.#throughNode(record, node);
    if (this.#podCidrs.contains(remote)) return unresolved(remote, port, 'pod-cidr');
    if (this.#serviceCidrs.contains(remote)) return unresolved(remote, port, 'service-cidr');
    return settled({ type: 'external', address: remote }, port);
  }

  /** The Service with an address at a moment and a little later: the state is late to show what is behind it. */
  #serviceStates(address: Address, unixMs: UnixMs): [ServiceIdentity | undefined, ServiceIdentity | undefined] {
    return [this.#services.at(address, unixMs), this.#services.at(address, unixMs + this.#options.toleranceMs)];
  }

  #throughNode(record: RemoteEnd, node: string): RemotePeer {
    const { role, protocol, port, seenAs, lastSeenUnixMs } = record;
    // What a translation led to on a node is the node's own port.
    const mayBeService = role === 'client' && seenAs === null;
    const nodePort = mayBeService ? this.#nodePorts.at(portKey(protocol, port), lastSeenUnixMs) : undefined;
    if (nodePort !== undefined) return throughService(record, nodePort.port, [nodePort.service]);
    return settled({ type: 'node', name: node }, port);
  }

  /**
   * The Service that an address and port stood for when a client called them. A node's port that is no Service's is
   * taken to be a pod's host port, and an address outside the Services' block for something else that translates, so
   * nobody waits for them.
   */
  #called(
    { address, port }: Endpoint,
    { protocol, lastSeenUnixMs }: RemoteEnd,
  ): Pick<RemotePeer, 'service' | 'waitsFor'> {
    const key = portKey(protocol, port);
    const states = this.#serviceStates(address, lastSeenUnixMs);
    const service = states.find((state) => state?.targets.has(key));
    if (service !== undefined) return { service: service.ref, waitsFor: [] };
    if (this.#nodes.at(address, lastSeenUnixMs) !== undefined) {
      const nodePort = this.#nodePorts.at(key, lastSeenUnixMs);
      return { service: nodePort?.service.ref ?? null, waitsFor: [] };
    }
    const isLate = states.some((state) => state !== undefined) || this.#serviceCidrs.contains(address);
    return { service: null, waitsFor: isLate ? [address] : [] };
  }
}
