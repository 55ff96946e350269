import { type Address, parseAddress, scopeOf } from '../../core/address.ts';
import type { PodRef } from '../../core/identity.ts';
import { hasFinished, type Pod, podAddresses } from '../../core/kubernetes.ts';
import type { UnixMs } from '../../core/time.ts';
import { type Backend, keyOfBackend } from './holders.ts';
import { Owner } from './owners.ts';

/** A pod as it was last seen, also after it is gone. */
export interface KnownPod {
  pod: Pod;
  owner: Owner;
  /** What its traffic counts as: its workload, or its node when it shares the node's network. */
  backend: Backend;
  /** What it holds now: nothing while it has none, has finished, is gone, or shares its node's network. */
  addresses: readonly Address[];
  /** All that it ever held: only the first may have been its own since it was made. */
  heldAddresses: readonly Address[];
  /** Since when it is known to be about to go; null while it is not. */
  terminatingUnixMs: UnixMs | null;
}

export function backendOfPod({ spec: { hostNetwork, nodeName } }: Pod, owner: Owner): Backend {
  return hostNetwork === true && nodeName !== undefined ? { type: 'node', name: nodeName } : owner;
}

/** Whether two are one, without a look at the workload behind an owner. */
export function isSameBackend(a: Backend, b: Backend): boolean {
  return a === b || (a instanceof Owner === b instanceof Owner && keyOfBackend(a) === keyOfBackend(b));
}

/** By what a report may name a pod: its UID, and its name for manifests without UIDs. */
export function podKeys({ uid, namespace, name }: PodRef): readonly string[] {
  return [uid, `${namespace}/${name}`];
}

/** The UID where there is one; hand-written manifests have none. */
export function podKey({ metadata: { uid, namespace, name } }: Pod): string {
  return uid === '' ? `${namespace}/${name}` : uid;
}

/** The addresses that a pod has of its own, and the texts it states that cannot be a pod's address. */
export function statedAddresses(pod: Pod): { readonly own: readonly Address[]; readonly invalid: readonly string[] } {
  // A finished pod keeps its address in its status, but the network has already given it back.
  if (hasFinished(pod) || pod.spec.hostNetwork === true) return { own: [], invalid: [] };
  const own: Address[] = [];
  const invalid: string[] = [];
  for (const text of podAddresses(pod)) {
    const address = parseAddress(text);
    if (address === null || scopeOf(address) !== 'unicast') invalid.push(text);
    // Most are written as they are meant, and one text does for both.
    else own.push(address === text ? (text as Address) : address);
  }
  // What grew has room for many more.
  return { own: [...own], invalid };
}
