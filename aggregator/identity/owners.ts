import type { Entity, WorkloadRef } from '../../core/identity.ts';
import { workloadKey } from '../../core/identity.ts';
import type { Controller, ObjectMeta } from '../../core/kubernetes.ts';
import type { UnixMs } from '../../core/time.ts';
import { controllerOf, isStandingKind, maxOwners } from '../../core/workload.ts';
import { Gone } from './gone.ts';

export type WorkloadEntity = Extract<Entity, { type: 'workload' }>;

/** How often any link between owners was made or undone. */
interface Chains {
  changes: number;
}

function isIn(owners: ReadonlySet<Owner>, of: Owner): boolean {
  let link: Owner | null = of;
  for (let length = 0; link !== null && length < maxOwners; length++) {
    if (owners.has(link)) return true;
    link = link.parent;
  }
  return false;
}

/** What owns pods, or a pod that nothing owns: a link of a chain whose further links may become known later. */
export class Owner {
  readonly entity: WorkloadEntity;
  /** Whether chains end here whatever is above. */
  readonly isStanding: boolean;
  /** Null at the top, and where the object that would tell is not known. */
  parent: Owner | null = null;
  /** Whether the object itself is in the cluster. */
  isPresent = false;
  /** Pods, owned controllers and objects that need it. */
  uses = 0;
  readonly #chains: Chains;
  #workload: WorkloadEntity;
  /** As of which change of the chains that holds. */
  #change = -1;

  constructor({ namespace, kind, name }: WorkloadRef, chains: Chains) {
    this.entity = { type: 'workload', namespace, kind, name };
    this.isStanding = isStandingKind(kind);
    this.#chains = chains;
    this.#workload = this.entity;
  }

  /** The workload at the top of the chain, as far as it is known by now. Cycles end where they close. */
  get workload(): WorkloadEntity {
    if (this.#change !== this.#chains.changes) {
      this.#workload = topOf(this).entity;
      this.#change = this.#chains.changes;
    }
    return this.#workload;
  }
}

function topOf(owner: Owner): Owner {
  let top = owner;
  for (let length = 1; length < maxOwners && !top.isStanding; length++) {
    if (top.parent === null || isBetween(owner, top, top.parent)) break;
    top = top.parent;
  }
  return top;
}

/** Whether a link is one of those from `first` up to `last`: without a set, because chains are short and asked often. */
function isBetween(first: Owner, last: Owner, link: Owner): boolean {
  for (let each: Owner | null = first; each !== null; each = each.parent) {
    if (each === link) return true;
    if (each === last) break;
  }
  return false;
}

/**
 * The owner chains of a cluster, link by link. A pod holds the first link of its chain, so a controller that becomes
 * known after the pod gives the pod's whole past its workload, at the cost of one link. A controller that is gone is
 * remembered as long as pods are: what it once owned does not change its name because of that.
 */
export class Owners {
  readonly #byKey = new Map<string, Owner>();
  readonly #chains: Chains = { changes: 0 };
  /** Those above which others are now than there were, with something below them. */
  #relinked = new Set<Owner>();
  readonly #gone: Gone<Owner>;

  /** @param maxGone how many controllers that are gone are remembered */
  constructor(maxGone: number) {
    this.#gone = new Gone(maxGone);
  }

  /** The first link of a pod, to be given back by `release`. */
  retain(pod: { readonly kind: string; readonly metadata: ObjectMeta }): Owner {
    const { namespace, name } = pod.metadata;
    const owner = controllerOf(pod.metadata);
    return this.#use(owner === undefined ? { namespace, kind: pod.kind, name } : { ...owner, namespace });
  }

  release(owner: Owner): void {
    owner.uses--;
    if (owner.uses > 0) return;
    this.#byKey.delete(workloadKey(owner.entity));
    // The link stays: past holders of an address, which may still refer to it, keep their name.
    if (owner.parent !== null) this.release(owner.parent);
  }

  set({ kind, metadata }: Controller): void {
    const { namespace, name } = metadata;
    const own = { namespace, kind, name };
    const link = this.#byKey.get(workloadKey(own));
    const owner = link?.isPresent === true ? link : this.#use(own);
    owner.isPresent = true;
    const above = controllerOf(metadata);
    const parent = above === undefined ? null : this.#use({ ...above, namespace });
    const before = owner.parent;
    if (before !== parent) {
      owner.parent = parent;
      this.#chains.changes++;
      this.#relinked.add(owner);
    }
    if (before !== null) this.release(before);
  }

  remove({ kind, metadata: { namespace, name } }: Controller, nowUnixMs: UnixMs): void {
    const owner = this.#byKey.get(workloadKey({ namespace, kind, name }));
    if (owner?.isPresent !== true) return;
    owner.isPresent = false;
    const tooMuch = this.#gone.add(owner, nowUnixMs);
    if (tooMuch !== null) this.release(tooMuch);
  }

  /** Tells which owners may stand for another workload than when it was last asked; null when there are none. */
  takeRelinked(): ((owner: Owner) => boolean) | null {
    const relinked = this.#relinked;
    if (relinked.size === 0) return null;
    this.#relinked = new Set();
    return (owner) => isIn(relinked, owner);
  }

  /** Forgets the controllers that were gone before that moment. */
  forget(beforeUnixMs: UnixMs): void {
    for (const owner of this.#gone.before(beforeUnixMs)) this.release(owner);
  }

  #use(ref: WorkloadRef): Owner {
    const key = workloadKey(ref);
    let owner = this.#byKey.get(key);
    if (owner === undefined) {
      owner = new Owner(ref, this.#chains);
      this.#byKey.set(key, owner);
    }
    owner.uses++;
    return owner;
  }
}
