import type { Address } from '../../core/address.ts';
import type { PodRef } from '../../core/identity.ts';
import type { Claim, LinkClaim } from './claim.ts';
import type { NodePods } from './node-pods.ts';
import type { CniResult } from './sandboxes/cni-results.ts';
import type { CriSandbox } from './sandboxes/cri.ts';

/** Puts what sources know of a pod in part (UID, name, sandbox or address) together to the whole pod. */
export class NamesOfPods {
  readonly #api: NodePods;
  readonly #byUid = new Map<string, PodRef>();
  /** By `namespace/name`; null where several pods have had that name. */
  readonly #byName = new Map<string, PodRef | null>();
  readonly #byContainer = new Map<string, PodRef>();

  /** @param api wins where it knows a pod, as the aggregator knows pods from there too */
  constructor(api: NodePods, results: readonly CniResult[], runtime: Iterable<CriSandbox>) {
    this.#api = api;
    for (const { pod, containerId } of results) if (pod !== null) this.#add(pod, containerId);
    for (const { pod, containerId } of runtime) this.#add(pod, containerId);
  }

  #add(pod: PodRef, containerId: string): void {
    const known = this.canonical(pod);
    this.#byUid.set(pod.uid, known);
    if (containerId !== '') this.#byContainer.set(containerId, known);
    const key = `${pod.namespace}/${pod.name}`;
    const before = this.#byName.get(key);
    this.#byName.set(key, before === undefined || before?.uid === known.uid ? known : null);
  }

  /** The pod as the API has it: a static pod's UID at the kubelet is not that of its mirror at the API. */
  canonical(pod: PodRef): PodRef {
    return this.#api.byUid(pod.uid) ?? pod;
  }

  byUid(uid: string): PodRef | null {
    return this.#api.byUid(uid) ?? this.#byUid.get(uid) ?? null;
  }

  /** Null when none, or more than one, is known by that name: a pod that was made again has the name of the one before. */
  byName({ namespace, name }: Claim['pod']): PodRef | null {
    const atApi = this.#api.byName(namespace, name);
    const here = this.#byName.get(`${namespace}/${name}`);
    if (atApi === null || here === undefined) return atApi ?? here ?? null;
    return atApi.uid === here?.uid ? atApi : null;
  }

  byAddress(address: Address): PodRef | null {
    return this.#api.byAddress(address);
  }

  /** Every pod that is known, with its sandbox's id where that is known too. */
  *all(): Iterable<{ readonly pod: PodRef; readonly containerId: string }> {
    for (const [containerId, pod] of this.#byContainer) yield { pod, containerId };
    for (const pod of this.#byUid.values()) yield { pod, containerId: '' };
    for (const pod of this.#api.all) yield { pod, containerId: '' };
  }

  /** What a source says of a link, once it is known which pod that is; null when it is not. */
  claimOf({ means, pod, uid, containerId, address }: LinkClaim): Claim | null {
    if (pod !== null) return { means, pod, uid };
    const byContainer = this.#byContainer.get(containerId);
    if (byContainer !== undefined) return { means, pod: byContainer, uid: byContainer.uid };
    const byAddress = address === null ? null : this.byAddress(address);
    return byAddress === null ? null : { means: 'address', pod: byAddress, uid: byAddress.uid };
  }
}
