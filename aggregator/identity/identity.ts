import { type Address, type Cidr, scopeOf } from '../../core/address.ts';
import type { Endpoint } from '../../core/flow.ts';
import type { Entity, PodRef } from '../../core/identity.ts';
import type { ObjectChange } from '../../core/kubernetes.ts';
import { compareText } from '../../core/order.ts';
import type { Milliseconds, UnixMs } from '../../core/time.ts';
import type { IdentityChange } from './changes.ts';
import { ClusterIndex } from './cluster-index.ts';
import type { IdentityOptions } from './identity-options.ts';
import { entityOf, portKey, type ServiceState } from './holders.ts';
import type { IdentityProblem } from './problems.ts';
import { type RemoteEnd, type RemotePeer, settled, throughService, unresolved } from './remote-peer.ts';
import { type Span, spanAround } from './steady.ts';
import { momentsOf } from './timeline.ts';

/** Says whose an address was at a moment, and which workload a pod belongs to. */
export class Identity {
  readonly #toleranceMs: Milliseconds;
  readonly #cluster: ClusterIndex;

  constructor(options: IdentityOptions) {
    this.#toleranceMs = options.toleranceMs;
    this.#cluster = new ClusterIndex(options);
  }

  /**
   * Takes what is different in the cluster. What the first call brings, without a time, counts as having always been so.
   * @returns of whom another answer may be given now than before
   */
  apply(changes: readonly ObjectChange[], nowUnixMs: UnixMs): IdentityChange {
    return this.#cluster.apply(changes, nowUnixMs);
  }

  /** Replaces the configured blocks that pods and Services get their addresses from; of what comes, not of what was. @returns as `apply` */
  configure(podCidrs: readonly Cidr[], serviceCidrs: readonly Cidr[], nowUnixMs: UnixMs): IdentityChange {
    return this.#cluster.configure(podCidrs, serviceCidrs, nowUnixMs);
  }

  /** What is wrong with the cluster's addresses now. */
  problems(): IdentityProblem[] {
    return this.#cluster.pods.problems();
  }

  /** The Services that are in the cluster, sorted by namespace and name. */
  services(): ServiceState[] {
    const key = ({ ref }: ServiceState) => `${ref.namespace}/${ref.name}`;
    return [...this.#cluster.services.present()].toSorted((a, b) => compareText(key(a), key(b)));
  }

  /** Holders of addresses that were forgotten before their time because there were too many. */
  get forgottenEarly(): number {
    const { pods, nodes, services } = this.#cluster;
    return pods.forgottenEarly + nodes.forgottenEarly + services.times.forgottenEarly;
  }

  /** The times for which `remote` says the same as for that of the record, as long as nothing is applied. */
  steady({ remote, seenAs, protocol, port, lastSeenUnixMs }: RemoteEnd): Span {
    const moments = [...this.#moments(remote, [portKey(protocol, port)])];
    if (seenAs !== null) moments.push(...this.#moments(seenAs.address, [portKey(protocol, seenAs.port)]));
    return spanAround(lastSeenUnixMs, moments, this.#toleranceMs);
  }

  *#moments(address: Address, ports: readonly string[]): Generator<UnixMs> {
    const { pods, nodes, services } = this.#cluster;
    for (const each of pods.times(address)) {
      yield* momentsOf(each);
      yield each.value.terminatingUnixMs ?? Infinity;
    }
    const ofNodes = [...nodes.times(address)];
    for (const each of ofNodes) yield* momentsOf(each);
    yield* services.times.moments(address, ofNodes.length > 0 ? ports : []);
  }

  knows(pod: PodRef): boolean {
    return this.#cluster.pods.byRef(pod) !== undefined;
  }

  /** Whether a pod is known by its UID, or by what its node calls it: then its name does not matter. */
  knowsUid(uid: string): boolean {
    return this.#cluster.pods.byRef({ namespace: '', name: '', uid }) !== undefined;
  }

  /** The node that a pod runs on; null where that is not known. */
  nodeOf(pod: PodRef): string | null {
    return this.#cluster.pods.byRef(pod)?.pod.spec.nodeName ?? null;
  }

  /** What a reporting pod's traffic counts as. A pod that the cluster's state does not show stands for itself. */
  reporter(pod: PodRef): Entity {
    const known = this.#cluster.pods.byRef(pod);
    if (known !== undefined) return entityOf(known.backend);
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

  /**
   * The order of the questions is: special address, pod, Service, node, pod block, service block, else external. No pod
   * is indexed by a special address, so pods, which are asked for the most, can be looked up first.
   */
  #reached(record: RemoteEnd): RemotePeer {
    const { remote, port, lastSeenUnixMs, pod: reporter } = record;
    const { pods, nodes, serviceBlocks } = this.#cluster;
    const pod = pods.at(remote, lastSeenUnixMs, reporter);
    if (pod === 'duplicate') return unresolved(remote, port, 'duplicate-address');
    if (pod !== undefined) return settled(entityOf(pod.backend), port);
    if (scopeOf(remote) !== 'unicast') return unresolved(remote, port, 'special-address');
    const services = this.#servicesAt(remote, record);
    if (services.length > 1) return unresolved(remote, port, 'duplicate-address');
    const [service] = services;
    if (service !== undefined) return throughService(record, port, [service, ...this.#later(remote, record)]);
    const node = nodes.at(remote, lastSeenUnixMs);
    if (node === 'duplicate') return unresolved(remote, port, 'duplicate-address');
    if (node !== undefined) return this.#throughNode(record, node);
    if (nodes.isPodAddress(remote)) return unresolved(remote, port, 'pod-cidr');
    if (serviceBlocks.contains(remote)) return unresolved(remote, port, 'service-cidr');
    return settled({ type: 'external', address: remote }, port);
  }

  /** The Service with an address; of several that share it the one with the port. More than one where that is open. */
  #servicesAt(address: Address, { protocol, port, lastSeenUnixMs }: RemoteEnd): readonly ServiceState[] {
    const states = this.#cluster.services.times.at(address, lastSeenUnixMs);
    if (states.length < 2) return states;
    const serving = states.filter(({ targets }) => targets.has(portKey(protocol, port)));
    return serving.length === 1 ? serving : states;
  }

  /** The Service a little later: the state is late to show what is behind it. */
  #later(address: Address, record: RemoteEnd): readonly ServiceState[] {
    return this.#servicesAt(address, { ...record, lastSeenUnixMs: record.lastSeenUnixMs + this.#toleranceMs });
  }

  #throughNode(record: RemoteEnd, node: string): RemotePeer {
    const { role, protocol, port, seenAs, lastSeenUnixMs } = record;
    // What a translation led to on a node is the node's own port.
    const mayBeService = role === 'client' && seenAs === null;
    const { times } = this.#cluster.services;
    const nodePort = mayBeService ? times.nodePortAt(portKey(protocol, port), lastSeenUnixMs) : undefined;
    if (nodePort !== undefined) return throughService(record, nodePort.port, [nodePort.state]);
    return settled({ type: 'node', name: node }, port);
  }

  /**
   * The Service that an address and port stood for when a client called them. A node's port that is no Service's is
   * taken to be a pod's host port, and an address outside the Services' block for something else that translates, so
   * nobody waits for them.
   */
  #called({ address, port }: Endpoint, record: RemoteEnd): Pick<RemotePeer, 'service' | 'waitsFor'> {
    const { services, nodes, serviceBlocks } = this.#cluster;
    const { protocol, lastSeenUnixMs } = record;
    const key = portKey(protocol, port);
    const asked = { ...record, port };
    const states = [...this.#servicesAt(address, asked), ...this.#later(address, asked)];
    const service = states.find(({ targets }) => targets.has(key));
    if (service !== undefined) return { service: service.ref, waitsFor: [] };
    if (nodes.at(address, lastSeenUnixMs) !== undefined) {
      return { service: services.times.nodePortAt(key, lastSeenUnixMs)?.state.ref ?? null, waitsFor: [] };
    }
    const isLate = states.length > 0 || serviceBlocks.contains(address);
    return { service: null, waitsFor: isLate ? [address] : [] };
  }
}
