import { type FSWatcher, watch } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';
import type { PodRef } from '../../core/identity.ts';
import type { Clock, Milliseconds, UnixMs } from '../../core/time.ts';
import { type LinkWatchHandle, type NamespaceIds, native } from '../../native/native.ts';
import type { Scope, Source } from '../source/source.ts';
import { CniCache, type Sandbox } from './cni-cache.ts';
import { joinInterfaces, type PodInterface, type Resolution, type SandboxIds } from './join.ts';
import { uplinkInterfaces } from './uplinks.ts';

/** News that arrive together are looked at once. */
const settleMs = 10;

export interface InterfacesOptions {
  /** libcni's result cache of this node. */
  readonly cniResults: string;
  /** Look even without news, for what no event tells. */
  readonly rescanMs: Milliseconds;
  /** How long a pod that is gone can still be named: its last counts are read after it went. */
  readonly rememberMs: Milliseconds;
}

interface Remembered {
  readonly pod: PodRef;
  /** When it was last seen. */
  seenUnixMs: UnixMs;
}

/** What a later start needs to name those who went meanwhile. */
export interface InterfacesState {
  readonly byIndex: readonly (readonly [number, Remembered])[];
  readonly byCookie: readonly (readonly [bigint, Remembered])[];
}

/** Knows the pods of this node by interface and by namespace, and has their interfaces watched by the source. */
export class Interfaces {
  readonly #source: Source;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #options: InterfacesOptions;
  readonly #cache: CniCache;
  readonly #byIndex = new Map<number, Remembered>();
  readonly #byCookie = new Map<bigint, Remembered>();
  /** Ids of a sandbox's namespace; the path and the pod together are never used for another one. */
  #ids = new Map<string, NamespaceIds>();
  readonly #attached = new Map<number, PodInterface>();
  /** Cookies of the namespaces that sandboxes have now. */
  #namespaces: ReadonlySet<bigint> = new Set();
  #scanned = false;
  #scanning: Promise<void> | null = null;
  readonly #complaints = new Set<string>();
  #links: LinkWatchHandle | null = null;
  #folder: FSWatcher | null = null;
  #rescan: NodeJS.Timeout | null = null;
  #settle: NodeJS.Timeout | null = null;

  constructor(source: Source, options: InterfacesOptions, clock: Clock, log: Logger) {
    this.#source = source;
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#cache = new CniCache(options.cniResults);
  }

  /** Attaches to every pod interface there is, and from now on to those that appear. */
  async start(): Promise<void> {
    // The watch first: what appears while the links are listed is news, not lost.
    this.#links = native.watchLinks(() => this.#soon());
    this.#rescan = setInterval(() => this.#soon(), this.#options.rescanMs);
    await this.scan();
  }

  state(): InterfacesState {
    return { byIndex: [...this.#byIndex], byCookie: [...this.#byCookie] };
  }

  /** Goes on from an earlier start's state; to be called before `start`. */
  restore({ byIndex, byCookie }: InterfacesState): void {
    for (const [ifindex, remembered] of byIndex) this.#byIndex.set(ifindex, remembered);
    for (const [cookie, remembered] of byCookie) this.#byCookie.set(cookie, remembered);
  }

  stop(): void {
    if (this.#links !== null) native.unwatchLinks(this.#links);
    this.#folder?.close();
    if (this.#rescan !== null) clearInterval(this.#rescan);
    if (this.#settle !== null) clearTimeout(this.#settle);
    this.#links = this.#folder = this.#rescan = this.#settle = null;
  }

  /** The pod behind a place in the kernel; null when it is not known. */
  podOf(scope: Scope): PodRef | null {
    const found = scope.type === 'interface' ? this.#byIndex.get(scope.ifindex) : this.#byCookie.get(scope.cookie);
    return found?.pod ?? null;
  }

  get attached(): readonly PodInterface[] {
    return [...this.#attached.values()];
  }

  #soon(): void {
    this.#settle ??= setTimeout(() => {
      this.#settle = null;
      this.scan().catch((error: unknown) => this.#complain('scan', { reason: messageOf(error) }));
    }, settleMs);
  }

  /** Compares what there is with what is attached, one scan at a time: news during one lead to another. */
  async scan(): Promise<void> {
    if (this.#scanning !== null) {
      this.#soon();
      await this.#scanning;
      return;
    }
    this.#scanning = this.#scanOnce();
    try {
      await this.#scanning;
    } finally {
      this.#scanning = null;
    }
  }

  /** Problems are logged once and tried again with the next news. */
  async #scanOnce(): Promise<void> {
    this.#watchFolder();
    const { sandboxes, problems } = this.#cache.read();
    for (const { file, message } of problems) this.#complain(`cni ${file}`, { file, reason: message });
    const now = this.#clock.now();
    const known = this.#identify(sandboxes);
    for (const { sandbox, ids } of known) remember(this.#byCookie, ids.cookie, sandbox.pod, now);
    const current = joinInterfaces(native.listLinks(), known, uplinkInterfaces());
    this.#detachAllBut(new Set(current.map(({ ifindex }) => ifindex)));
    for (const { ifindex, resolution } of current) {
      if (resolution.state === 'resolved') remember(this.#byIndex, ifindex, resolution.pod, now);
    }
    await this.#attachAll(current);
    this.#scanned = true;
    this.#namespacesAre(new Set(known.map(({ ids }) => ids.cookie)));
    forget(this.#byIndex, now - this.#options.rememberMs);
    forget(this.#byCookie, now - this.#options.rememberMs);
  }

  #detachAllBut(current: ReadonlySet<number>): void {
    for (const ifindex of this.#source.attached()) {
      if (current.has(ifindex)) continue;
      this.#source.detach(ifindex);
      this.#attached.delete(ifindex);
    }
  }

  /** The kernel takes some milliseconds for each, in which nothing else would be done: there is a pause behind each. */
  async #attachAll(interfaces: readonly PodInterface[]): Promise<void> {
    for (const each of interfaces) {
      if (this.#links === null) return;
      if (this.#isUpToDate(each)) this.#attached.set(each.ifindex, each);
      else if (this.#attach(each)) await nextTurn();
    }
  }

  #isUpToDate({ ifindex, nsid, resolution }: PodInterface): boolean {
    const before = this.#attached.get(ifindex);
    return before !== undefined && cookieOf(resolution) === cookieOf(before.resolution) && nsid === before.nsid;
  }

  #namespacesAre(current: ReadonlySet<bigint>): void {
    for (const cookie of this.#namespaces) if (!current.has(cookie)) this.#source.namespaceGone(cookie);
    this.#namespaces = current;
  }

  #identify(sandboxes: readonly Sandbox[]): SandboxIds[] {
    const ids = new Map<string, NamespaceIds>();
    const known: SandboxIds[] = [];
    for (const sandbox of sandboxes) {
      const key = `${sandbox.pod.uid} ${sandbox.netnsPath}`;
      try {
        // A namespace gets its id only with its first link: until then, ask again.
        const cached = this.#ids.get(key);
        const found = cached !== undefined && cached.nsid >= 0 ? cached : this.#source.namespaceIds(sandbox.netnsPath);
        ids.set(key, found);
        known.push({ sandbox, ids: found });
      } catch (error) {
        this.#complain(`netns ${key}`, { pod: sandbox.pod, reason: messageOf(error) });
      }
    }
    this.#ids = ids;
    return known;
  }

  #attach(each: PodInterface): boolean {
    const { ifindex, name, nsid, resolution } = each;
    try {
      this.#source.attach({ ifindex, cookie: cookieOf(resolution), nsid, appeared: this.#scanned });
      this.#attached.set(ifindex, each);
      return true;
    } catch (error) {
      // Most often it went away between the listing and now.
      this.#complain(`attach ${ifindex}`, { interface: name, reason: messageOf(error) });
      return false;
    }
  }

  /** The cache's folder may appear after us; its news come faster than the next rescan. */
  #watchFolder(): void {
    if (this.#folder !== null) return;
    try {
      this.#folder = watch(this.#options.cniResults, () => this.#soon());
      this.#folder.on('error', () => {
        this.#folder?.close();
        this.#folder = null;
      });
    } catch (error) {
      this.#complain('cni folder', { folder: this.#options.cniResults, reason: messageOf(error) });
    }
  }

  #complain(key: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#complaints.has(key)) return;
    if (this.#complaints.size > 10_000) this.#complaints.clear();
    this.#complaints.add(key);
    this.#log.warn(fields, 'pod interface not resolved');
  }
}

function cookieOf(resolution: Resolution): bigint {
  return resolution.state === 'resolved' ? resolution.cookie : 0n;
}

function remember<Key>(into: Map<Key, Remembered>, key: Key, pod: PodRef, now: UnixMs): void {
  const known = into.get(key);
  if (known?.pod.uid === pod.uid) known.seenUnixMs = now;
  else into.set(key, { pod, seenUnixMs: now });
}

function forget<Key>(from: Map<Key, Remembered>, beforeUnixMs: UnixMs): void {
  for (const [key, { seenUnixMs }] of from) if (seenUnixMs < beforeUnixMs) from.delete(key);
}
