import type { PodRef } from '../../core/identity.ts';
import type { Link, NamespaceIds } from '../../native/native.ts';
import { calicoInterface, isCalicoInterface } from './calico.ts';
import type { Sandbox } from './cni-cache.ts';

/** How an interface was tied to its pod. */
export type Means = 'namespace' | 'interface-name';

export type Resolution =
  | { readonly state: 'resolved'; readonly pod: PodRef; readonly cookie: bigint; readonly means: Means }
  /** It leads to another namespace, but which pod that is is not known (yet). */
  | { readonly state: 'unresolved'; readonly reason: string };

export interface PodInterface {
  readonly ifindex: number;
  readonly name: string;
  /** Id of the namespace that it leads to, as the node's knows it. */
  readonly nsid: number;
  readonly resolution: Resolution;
}

export interface SandboxIds {
  readonly sandbox: Sandbox;
  readonly ids: NamespaceIds;
}

/** Kinds of link whose other end can be in a pod. */
const pairKinds = new Set(['veth', 'netkit']);

/** Whether a link leads from the node into another namespace. @param uplinks names of the node's own ways out */
export function leadsToPod(link: Link, uplinks: ReadonlySet<string>): boolean {
  return pairKinds.has(link.kind) && link.peerNsid >= 0 && !uplinks.has(link.name);
}

/**
 * Names the pod behind every pod interface: the link's other end is in a namespace (by id), and the sandbox says whose
 * namespace that is. Works for every CNI that gives pods a veth or netkit pair. An interface name that says something
 * else than the namespace makes the interface unresolved: a wrong pod is worse than none.
 */
export function joinInterfaces(
  links: readonly Link[],
  sandboxes: readonly SandboxIds[],
  uplinks: ReadonlySet<string>,
): PodInterface[] {
  const byNsid = new Map<number, SandboxIds>();
  const byName = new Map<string, SandboxIds>();
  for (const each of sandboxes) {
    if (each.ids.nsid >= 0) byNsid.set(each.ids.nsid, each);
    byName.set(calicoInterface(each.sandbox.pod), each);
  }
  const resolve = (link: Link): Resolution => {
    const named = isCalicoInterface(link.name) ? byName.get(link.name) : undefined;
    const joined = byNsid.get(link.peerNsid);
    if (joined !== undefined && named !== undefined && joined.sandbox.pod.uid !== named.sandbox.pod.uid) {
      const { pod } = named.sandbox;
      return { state: 'unresolved', reason: `its name says ${pod.namespace}/${pod.name}, its namespace another pod` };
    }
    const found = joined ?? named;
    if (found === undefined) return { state: 'unresolved', reason: 'no sandbox is known for its namespace' };
    const means = joined === undefined ? 'interface-name' : 'namespace';
    return { state: 'resolved', pod: found.sandbox.pod, cookie: found.ids.cookie, means };
  };
  return links
    .filter((link) => leadsToPod(link, uplinks))
    .map((link) => ({ ifindex: link.ifindex, name: link.name, nsid: link.peerNsid, resolution: resolve(link) }));
}
