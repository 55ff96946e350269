import type { Address } from '../../core/address.ts';
import { ByName } from '../../core/by-name.ts';
import type { PodRef } from '../../core/identity.ts';
import { nodeUidAnnotation, type ObjectMeta, type Pod } from '../../core/kubernetes.ts';
import type { UnixMs } from '../../core/time.ts';
import type { Changes } from './changes.ts';
import { Gone } from './gone.ts';
import { backendOfPod, isSameBackend, type KnownPod, podKey, podKeys, statedAddresses } from './known-pod.ts';
import type { Owner, Owners } from './owners.ts';
import type { IdentityProblem } from './problems.ts';
import { type Interval, Timeline, type TimelineOptions } from './timeline.ts';

/** When an object was made; null when it does not say. */
export function createdUnixMs({ creationTimestamp }: ObjectMeta): UnixMs | null {
  const time = creationTimestamp === undefined ? Number.NaN : Date.parse(creationTimestamp);
  return Number.isNaN(time) ? null : time;
}

/** The pods of a cluster by UID, name and address, those that are gone included for as long as they are remembered. */
export class Pods {
  readonly #owners: Owners;
  readonly #byKey = new Map<string, KnownPod>();
  /** By what the node calls a static pod. */
  readonly #byNodeUid = new Map<string, KnownPod>();
  /** Those that are in the cluster. */
  readonly #present = new ByName<KnownPod>();
  readonly #addresses: Timeline<KnownPod>;
  /** Addresses that more than one pod in the cluster states. */
  readonly #contested = new Set<Address>();
  /** Texts that are no address of a pod, by the pod that states them. */
  readonly #invalid = new Map<KnownPod, readonly string[]>();
  readonly #gone: Gone<KnownPod>;
  readonly #changes: Changes;

  constructor(owners: Owners, options: TimelineOptions, changes: Changes) {
    this.#owners = owners;
    this.#changes = changes;
    this.#addresses = new Timeline(options, changes.add);
    this.#gone = new Gone(options.maxEnded);
  }

  /** @param alwaysSo whether what does not say since when it is has always been so */
  set(pod: Pod, nowUnixMs: UnixMs, alwaysSo: boolean): KnownPod {
    const key = podKey(pod);
    const known = this.#byKey.get(key) ?? this.#add(key, pod);
    const { backend, terminatingUnixMs } = known;
    known.pod = pod;
    this.#follow(known);
    this.#show(known);
    const isTerminating = pod.metadata.deletionTimestamp !== undefined;
    known.terminatingUnixMs = isTerminating ? Math.min(terminatingUnixMs ?? nowUnixMs, nowUnixMs) : null;
    const isSame = isSameBackend(known.backend, backend) && known.terminatingUnixMs === terminatingUnixMs;
    if (!isSame) this.#changed(known);
    const { own, invalid } = statedAddresses(pod);
    if (invalid.length > 0) this.#invalid.set(known, invalid);
    else this.#invalid.delete(known);
    this.#hold(known, own, nowUnixMs, alwaysSo);
    return known;
  }

  remove(pod: Pod, nowUnixMs: UnixMs): KnownPod | undefined {
    const known = this.#byKey.get(podKey(pod));
    if (known === undefined) return undefined;
    this.#hide(known);
    this.#invalid.delete(known);
    this.#hold(known, [], nowUnixMs, false);
    const tooMuch = this.#gone.add(known, nowUnixMs);
    if (tooMuch !== null) this.#forgetPod(tooMuch);
    return known;
  }

  byRef({ uid, namespace, name }: PodRef): KnownPod | undefined {
    const known = this.#byKey.get(uid) ?? this.#byNodeUid.get(uid);
    if (known !== undefined) return known;
    const named = this.byName(namespace, name);
    return named?.pod.metadata.uid === '' ? named : undefined;
  }

  /** A pod that is in the cluster. */
  byName(namespace: string, name: string): KnownPod | undefined {
    return this.#present.get(namespace, name);
  }

  /** The pods that are in the cluster. */
  inNamespace(namespace: string): Iterable<KnownPod> {
    return this.#present.in(namespace);
  }

  /**
   * The pod that had an address at a moment; `duplicate` when it may have been either of several.
   * @param reporter what a pod sends to its own address comes back to itself
   */
  at(address: Address, unixMs: UnixMs, reporter?: PodRef): KnownPod | 'duplicate' | undefined {
    const only = this.#addresses.holder(address, unixMs);
    if (only !== 'duplicate') return only;
    const holders = this.#addresses.at(address, unixMs);
    const own = reporter === undefined ? undefined : this.byRef(reporter);
    return holders.find(({ value }) => value === own)?.value ?? sureHolder(holders, unixMs) ?? 'duplicate';
  }

  /** The one pod that has an address now. */
  holder(address: Address): KnownPod | undefined {
    const [only, ...others] = this.#addresses.present(address);
    return others.length === 0 ? only?.value : undefined;
  }

  forget(beforeUnixMs: UnixMs): void {
    this.#addresses.forget(beforeUnixMs);
    for (const known of this.#gone.before(beforeUnixMs)) this.#forgetPod(known);
  }

  /** Ended holdings that were forgotten early because there were too many. */
  get forgottenEarly(): number {
    return this.#addresses.forgottenEarly;
  }

  problems(): IdentityProblem[] {
    const duplicates = [...this.#contested].flatMap((address): IdentityProblem[] => {
      const holders = this.#addresses.present(address).map(({ value }) => value);
      const staying = holders.filter(({ terminatingUnixMs }) => terminatingUnixMs === null);
      if (staying.length < 2) return [];
      const names = staying.map(({ pod }) => nameOf(pod)).toSorted();
      return [{ kind: 'duplicate-address', text: `${address} is stated by the pods ${names.join(' and ')}` }];
    });
    const invalid = [...this.#invalid].map(([{ pod }, texts]): IdentityProblem => {
      const stated = texts.map((text) => JSON.stringify(text.slice(0, 64))).join(', ');
      return { kind: 'invalid-address', text: `pod ${nameOf(pod)} states ${stated}, which is no pod's address` };
    });
    return [...duplicates, ...invalid];
  }

  #add(key: string, pod: Pod): KnownPod {
    const owner = this.#owners.retain(pod);
    const backend = backendOfPod(pod, owner);
    const known: KnownPod = {
      pod,
      owner,
      backend,
      addresses: [],
      heldAddresses: [],
      terminatingUnixMs: null,
    };
    this.#byKey.set(key, known);
    const nodeUid = pod.metadata.annotations[nodeUidAnnotation];
    if (nodeUid !== undefined) this.#byNodeUid.set(nodeUid, known);
    this.#changed(known);
    return known;
  }

  #show(known: KnownPod): void {
    const { namespace, name } = known.pod.metadata;
    if (this.#present.get(namespace, name) === known) return;
    this.#changes.add(`${namespace}/${name}`);
    this.#present.set(namespace, name, known);
  }

  #hide(known: KnownPod): void {
    const { namespace, name } = known.pod.metadata;
    if (this.#present.get(namespace, name) !== known) return;
    this.#changes.add(`${namespace}/${name}`);
    this.#present.delete(namespace, name);
  }

  /** What a pod counts as may be something else, also where it had an address. */
  #changed({ pod: { metadata }, heldAddresses }: KnownPod): void {
    for (const key of podKeys(metadata)) this.#changes.add(key);
    this.#changes.add(metadata.annotations[nodeUidAnnotation] ?? '');
    for (const address of heldAddresses) this.#changes.add(address);
  }

  /** Chains of owners are others than they were. @param isMeant whether an owner is in one of them */
  ownersChanged(isMeant: (owner: Owner) => boolean): void {
    for (const known of this.#byKey.values()) if (isMeant(known.owner)) this.#changed(known);
    for (const address of this.#addresses.heldBy(({ owner }) => isMeant(owner))) this.#changes.add(address);
  }

  /** Who had an address when. */
  times(address: Address): Iterable<Interval<KnownPod>> {
    return this.#addresses.all(address);
  }

  #isPresent(known: KnownPod): boolean {
    const { namespace, name } = known.pod.metadata;
    return this.byName(namespace, name) === known;
  }

  /** A controller may let a pod go, and another adopt it. */
  #follow(known: KnownPod): void {
    const owner = this.#owners.retain(known.pod);
    this.#owners.release(known.owner);
    known.owner = owner;
    known.backend = backendOfPod(known.pod, owner);
  }

  #hold(known: KnownPod, own: readonly Address[], nowUnixMs: UnixMs, alwaysSo: boolean): void {
    const before = known.addresses;
    known.addresses = own;
    for (const address of before) {
      if (own.includes(address)) continue;
      this.#addresses.release(address, known, nowUnixMs);
      if (this.#contested.has(address) && this.#addresses.present(address).length < 2) this.#contested.delete(address);
    }
    const created = known.heldAddresses.length > 0 ? null : createdUnixMs(known.pod.metadata);
    const fromUnixMs = created ?? (alwaysSo ? -Infinity : nowUnixMs);
    for (const address of own) {
      if (before.includes(address)) continue;
      this.#addresses.hold(address, known, fromUnixMs, nowUnixMs);
      if (this.#addresses.present(address).length > 1) this.#contested.add(address);
    }
    // As a rule it has the same ones for life, and one array does for both.
    const held = known.heldAddresses.filter((address) => !own.includes(address));
    known.heldAddresses = held.length === 0 && own.length > 0 ? own : [...held, ...own];
  }

  /** Forgets a pod that was gone, unless it has come back. */
  #forgetPod(known: KnownPod): void {
    const key = podKey(known.pod);
    if (this.#byKey.get(key) !== known || this.#isPresent(known)) return;
    this.#changed(known);
    this.#byKey.delete(key);
    const nodeUid = known.pod.metadata.annotations[nodeUidAnnotation];
    if (nodeUid !== undefined && this.#byNodeUid.get(nodeUid) === known) this.#byNodeUid.delete(nodeUid);
    this.#owners.release(known.owner);
  }
}

function nameOf({ metadata: { namespace, name } }: Pod): string {
  return `${namespace}/${name}`;
}

/**
 * The one of several holders that surely had the address: the newest, from when it was shown, if all others were known
 * to be about to go by then. Before it was shown it is not known which of them the network had given the address.
 */
function sureHolder(holders: readonly Interval<KnownPod>[], unixMs: UnixMs): KnownPod | undefined {
  if (holders.length === 0) return undefined;
  const newest = holders.reduce((a, b) => (b.fromUnixMs > a.fromUnixMs ? b : a));
  const others = holders.filter((each) => each !== newest);
  if (unixMs < newest.shownUnixMs || others.some(({ fromUnixMs }) => fromUnixMs === newest.fromUnixMs))
    return undefined;
  const hadToGo = ({ value }: Interval<KnownPod>) => (value.terminatingUnixMs ?? Infinity) <= unixMs;
  return others.every(hadToGo) ? newest.value : undefined;
}
