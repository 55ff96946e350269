import { type Address, parseAddress, parseCidr } from '../../core/address.ts';
import type { Protocol } from '../../core/flow.ts';
import { entityKey, workloadKey } from '../../core/identity.ts';
import type { ClusterSnapshot, ObjectMeta, Service } from '../../core/kubernetes.ts';
import type { UnixMs } from '../../core/time.ts';
import { portKey, type PodIdentity, type ServiceIdentity, type Target } from './holders.ts';
import { nodeAddresses, podBlocks } from './node-addresses.ts';
import { indexPods, type PodIndex } from './pod-index.ts';
import { identifyService, slicesByService } from './service-targets.ts';
import type { Holding } from './timeline.ts';

/** A port of every node that leads to a Service. */
export interface NodePort {
  readonly service: ServiceIdentity;
  /** The Service's own port, under which its targets are kept. */
  readonly port: number;
}

/** Who holds which address in one snapshot of the cluster. */
export interface ClusterView {
  readonly podIndex: PodIndex;
  readonly pods: ReadonlyMap<Address, Holding<PodIdentity>>;
  readonly services: ReadonlyMap<Address, Holding<ServiceIdentity>>;
  readonly nodes: ReadonlyMap<Address, Holding<string>>;
  /** By `protocol/port`. */
  readonly nodePorts: ReadonlyMap<string, Holding<NodePort>>;
  /** Pod address blocks that the nodes state. */
  readonly podBlocks: readonly string[];
}

function createdUnixMs({ creationTimestamp }: ObjectMeta): UnixMs | null {
  const time = creationTimestamp === undefined ? Number.NaN : Date.parse(creationTimestamp);
  return Number.isNaN(time) ? null : time;
}

/** The UID where there is one; hand-written manifests have none. */
function identityOf({ uid, namespace, name }: ObjectMeta): string {
  return uid === '' ? `${namespace}/${name}` : uid;
}

function serviceAddresses({ spec, status }: Service): Address[] {
  const texts = [
    spec.clusterIP ?? '',
    ...(spec.clusterIPs ?? []),
    ...(spec.externalIPs ?? []),
    ...(status.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? ''),
  ];
  return texts.map(parseAddress).filter((address) => address !== null);
}

function describeTargets(targets: ReadonlyMap<string, readonly Target[]>): string {
  return [...targets]
    .map(([key, each]) => `${key}=${each.map(({ entity, port }) => `${entityKey(entity)}:${port}`).join(',')}`)
    .join(' ');
}

function viewNodes(cluster: ClusterSnapshot): Map<Address, Holding<string>> {
  const nodes = new Map<Address, Holding<string>>();
  for (const node of cluster.nodes) {
    const { name } = node.metadata;
    for (const address of nodeAddresses(node)) {
      nodes.set(address, { holder: name, value: name, sinceUnixMs: createdUnixMs(node.metadata) });
    }
  }
  return nodes;
}

/** @throws nothing: what cannot be read in an object is left out */
export function viewCluster(cluster: ClusterSnapshot): ClusterView {
  const podIndex = indexPods(cluster);
  const nodes = viewNodes(cluster);
  const nodeNames = new Map([...nodes].map(([address, { value }]) => [address, value]));
  const slices = slicesByService(cluster.endpointSlices);
  const services = new Map<Address, Holding<ServiceIdentity>>();
  const nodePorts = new Map<string, Holding<NodePort>>();
  for (const service of cluster.services) {
    const { namespace, name } = service.metadata;
    const identity = identifyService(service, slices.get(`${namespace}/${name}`) ?? [], podIndex, nodeNames);
    const holder = `${identityOf(service.metadata)} ${describeTargets(identity.targets)}`;
    // What backs a Service changes during its life, so its creation says nothing about this state of it.
    const holding = { holder, value: identity, sinceUnixMs: null };
    for (const address of serviceAddresses(service)) services.set(address, holding);
    for (const { protocol = 'TCP', port, nodePort } of service.spec.ports ?? []) {
      if (!nodePort) continue;
      nodePorts.set(portKey(protocol as Protocol, nodePort), { ...holding, value: { service: identity, port } });
    }
  }
  const pods = new Map(
    [...podIndex.byAddress].map(([address, { pod, identity }]) => [
      address,
      {
        holder: `${identityOf(pod.metadata)} ${workloadKey(identity.workload)}`,
        value: identity,
        sinceUnixMs: createdUnixMs(pod.metadata),
      },
    ]),
  );
  return { podIndex, pods, services, nodes, nodePorts, podBlocks: cluster.nodes.flatMap(podBlocks).filter(parseCidr) };
}
