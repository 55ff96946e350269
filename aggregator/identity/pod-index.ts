import { type Address, parseAddress } from '../../core/address.ts';
import { type ClusterSnapshot, type Pod, podAddresses } from '../../core/kubernetes.ts';
import { OwnerIndex } from '../../core/workload.ts';
import type { PodIdentity } from './holders.ts';

/** A pod of a snapshot with what it is to Weir. */
export interface IndexedPod {
  readonly pod: Pod;
  readonly identity: PodIdentity;
}

/** The pods of one snapshot, by everything that other objects and reports name them by. */
export interface PodIndex {
  readonly all: readonly IndexedPod[];
  readonly byUid: ReadonlyMap<string, IndexedPod>;
  /** By `namespace/name`. */
  readonly byName: ReadonlyMap<string, IndexedPod>;
  /** Pods that have not finished and have a network of their own. */
  readonly byAddress: ReadonlyMap<Address, IndexedPod>;
  /** Pods that have not finished. */
  readonly byNamespace: ReadonlyMap<string, readonly IndexedPod[]>;
}

/** A finished pod keeps its address in its status, but the network has already given it back. */
function isFinished({ status }: Pod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed';
}

export function indexPods(cluster: ClusterSnapshot): PodIndex {
  const owners = new OwnerIndex(cluster.controllers);
  const all = cluster.pods.map((pod): IndexedPod => {
    const { namespace, name, uid } = pod.metadata;
    const node = pod.spec.nodeName ?? null;
    const hostNetwork = pod.spec.hostNetwork ?? false;
    return { pod, identity: { namespace, name, uid, workload: owners.workloadOf(pod), node, hostNetwork } };
  });
  const byAddress = new Map<Address, IndexedPod>();
  const byNamespace = new Map<string, IndexedPod[]>();
  for (const each of all) {
    if (isFinished(each.pod)) continue;
    const { namespace, hostNetwork } = each.identity;
    const beside = byNamespace.get(namespace);
    if (beside === undefined) byNamespace.set(namespace, [each]);
    else beside.push(each);
    if (hostNetwork) continue;
    for (const text of podAddresses(each.pod)) {
      const address = parseAddress(text);
      if (address !== null) byAddress.set(address, each);
    }
  }
  return {
    all,
    byUid: new Map(all.filter(({ identity }) => identity.uid !== '').map((each) => [each.identity.uid, each])),
    byName: new Map(all.map((each) => [`${each.identity.namespace}/${each.identity.name}`, each])),
    byAddress,
    byNamespace,
  };
}
