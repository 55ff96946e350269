import { parseAddress } from '../../core/address.ts';
import { type Entity, type WorkloadRef, workloadKey } from '../../core/identity.ts';
import { type ClusterSnapshot, podAddresses } from '../../core/kubernetes.ts';
import { OwnerIndex } from '../../core/workload.ts';
import { EntityPeers } from './entity-peers.ts';
import type { PolicySet } from './evaluate.ts';
import { podPeer } from './pod-peer.ts';
import type { Peer } from './query.ts';
import { Roster } from './roster.ts';

/** The peers that a name stands for, or the reason why it stands for none. */
export type Named = readonly Peer[] | { readonly reason: string };

const form = /^([^/[\]\s]+)\/([^/[\]\s]+?)(?:\[([A-Za-z]+)\])?$/;

/** Finds what people name: a pod as `namespace/pod`, a workload as `namespace/name[Kind]`, or an address. */
export class NamedPeers {
  readonly #entities: EntityPeers;
  readonly #owners: OwnerIndex;
  readonly #pods = new Map<string, Peer>();
  readonly #byAddress = new Map<string, Peer>();
  readonly #found = new Map<string, Named>();

  constructor(cluster: ClusterSnapshot, policies: PolicySet) {
    this.#entities = new EntityPeers(new Roster(cluster), (pod) => policies.classOf(pod));
    this.#owners = new OwnerIndex(cluster.controllers);
    const namespaces = new Map(cluster.namespaces.map((each) => [each.metadata.name, each]));
    for (const pod of cluster.pods) {
      const { namespace, name } = pod.metadata;
      const peer = podPeer(pod, namespaces.get(namespace));
      this.#pods.set(`${namespace}/${name}`, peer);
      if (peer.hostNetwork) continue;
      for (const text of podAddresses(pod)) this.#byAddress.set(parseAddress(text) ?? text, peer);
    }
  }

  /** The address of a pod stands for the pod; of a workload's pods there is one of each kind that policies tell apart. */
  find(text: string): Named {
    let found = this.#found.get(text);
    if (found === undefined) {
      found = this.#find(text);
      if (this.#found.size >= maxRemembered) this.#found.clear();
      this.#found.set(text, found);
    }
    return found;
  }

  #find(text: string): Named {
    const address = parseAddress(text);
    if (address !== null) return [this.#byAddress.get(address) ?? { type: 'address', address }];
    const [, namespace, name, kind] = form.exec(text) ?? [];
    if (namespace === undefined || name === undefined) {
      return { reason: `"${text}" is neither namespace/pod nor namespace/name[Kind] nor an IP address` };
    }
    return kind === undefined ? this.#pod(namespace, name) : this.#workload({ namespace, kind, name });
  }

  #pod(namespace: string, name: string): Named {
    const pod = this.#pods.get(`${namespace}/${name}`);
    if (pod !== undefined) return [pod];
    return { reason: `there is no pod ${namespace}/${name}; a workload is written ${namespace}/${name}[Kind]` };
  }

  #workload(ref: WorkloadRef): Named {
    if (ref.kind === 'Pod') return this.#pod(ref.namespace, ref.name);
    const peers = this.#peersOf(ref) ?? this.#peersOf(this.#ownerOf(ref));
    return peers ?? { reason: `there is no ${ref.kind} ${ref.namespace}/${ref.name} with a pod template or pods` };
  }

  #peersOf(ref: WorkloadRef | null): readonly Peer[] | null {
    if (ref === null) return null;
    const entity: Entity = { type: 'workload', ...ref };
    const peers = this.#entities.of(entity, this.#entities.usesHostNetwork(entity));
    return peers.some(({ type }) => type === 'gone') ? null : peers;
  }

  /** A controller that another one owns, as a Deployment owns its ReplicaSets, stands for that. */
  #ownerOf(ref: WorkloadRef): WorkloadRef | null {
    const controller = this.#owners.controller(ref);
    if (controller === undefined) return null;
    const owner = this.#owners.workloadOf(controller);
    return workloadKey(owner) === workloadKey(ref) ? null : owner;
  }
}

/** Names that are kept; a file may ask for any number of addresses. */
const maxRemembered = 65536;
