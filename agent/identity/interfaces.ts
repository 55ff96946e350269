import { type FSWatcher, watch } from 'node:fs';
import type { Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';
import type { PodRef } from '../../core/identity.ts';
import type { Clock, Milliseconds, UnixMs } from '../../core/time.ts';
import { type Link, type LinkWatchHandle, native } from '../../native/native.ts';
import type { Scope, Source } from '../source/source.ts';
import { Attachments } from './attachments.ts';
import type { DetectedCni } from './cni/detect.ts';
import { isInDoubt, type PodInterface } from './join.ts';
import type { NodePods } from './node-pods.ts';
import { Remembered, type RememberedState } from './remembered.ts';
import { Resolver, type ResolverOptions } from './resolver.ts';
import type { SourceState } from './sandboxes/sandbox.ts';

/** News that arrive together are looked at once. */
const settleMs = 10;
/** While news keep coming, there is a pause as long as the last look took, but no longer than this: pods may be short-lived. */
const longestRestMs = 100;
const maxComplaints = 10_000;

export interface InterfacesOptions extends ResolverOptions {
  /** Look even without news, for what no event tells. */
  readonly rescanMs: Milliseconds;
  /** How long a pod that is gone can still be named: its last counts are read after it went. */
  readonly rememberMs: Milliseconds;
}

/** What a later start needs to name those who went meanwhile. */
export interface InterfacesState {
  readonly byIndex: RememberedState<number>;
  readonly byCookie: RememberedState<bigint>;
}

/** Knows the pods of this node by interface and by namespace, and has their interfaces watched by the source. */
export class Interfaces {
  readonly #source: Source;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #options: InterfacesOptions;
  readonly #resolver: Resolver;
  readonly #attachments: Attachments;
  readonly #onReuse: (scope: Scope) => void;
  readonly #byIndex = new Remembered<number>();
  readonly #byCookie = new Remembered<bigint>();
  #known: readonly PodInterface[] = [];
  /** By index of an interface, with and without a pod. */
  readonly #lastSeen = new Map<number, UnixMs>();
  /** Cookies of the namespaces that sandboxes have now. */
  #namespaces: ReadonlySet<bigint> = new Set();
  #scanned = false;
  readonly #complaints = new Set<string>();
  #links: LinkWatchHandle | null = null;
  readonly #folders = new Map<string, FSWatcher>();
  #rescan: NodeJS.Timeout | null = null;
  #settle: NodeJS.Timeout | null = null;
  #restMs: Milliseconds = settleMs;

  /**
   * @param onReuse an interface's index is about to be another's: what was counted under it has to be read first
   */
  constructor(
    source: Source,
    options: InterfacesOptions,
    pods: NodePods,
    onReuse: (scope: Scope) => void,
    clock: Clock,
    log: Logger,
  ) {
    this.#source = source;
    this.#options = options;
    this.#onReuse = onReuse;
    this.#clock = clock;
    this.#log = log;
    const kernel = {
      lookAtNamespaces: source.lookAtNamespaces.bind(source),
      inhabitedNamespaces: source.inhabitedNamespaces.bind(source),
    };
    this.#resolver = new Resolver(options, kernel, pods, () => this.#soon());
    this.#attachments = new Attachments(source, ({ ifindex, name }, problem) => {
      if (problem === '') this.#log.debug({ interface: name, ifindex }, 'interface watched');
      else this.#complain(`attach ${ifindex}`, { interface: name, reason: problem });
    });
  }

  /** Attaches to every pod interface there is, and from now on to those that appear. */
  async start(): Promise<void> {
    // The watch first: what appears while the links are listed is news, not lost.
    this.#links = native.watchLinks(() => this.#soon());
    this.#rescan = setInterval(() => this.#soon(), this.#options.rescanMs);
    this.#forgetStrangers();
    this.scan();
    await this.#attachments.settled();
  }

  /** What an earlier start did not watch to this day may be another interface with the same index. */
  #forgetStrangers(): void {
    const watched = new Set(this.#source.attached());
    for (const { ifindex } of native.listLinks()) if (!watched.has(ifindex)) this.#byIndex.forget(ifindex);
  }

  state(): InterfacesState {
    return { byIndex: this.#byIndex.state(), byCookie: this.#byCookie.state() };
  }

  /** Goes on from an earlier start's state; to be called before `start`. */
  restore({ byIndex, byCookie }: InterfacesState): void {
    this.#byIndex.restore(byIndex);
    this.#byCookie.restore(byCookie);
  }

  stop(): void {
    if (this.#links !== null) native.unwatchLinks(this.#links);
    for (const folder of this.#folders.values()) folder.close();
    if (this.#rescan !== null) clearInterval(this.#rescan);
    if (this.#settle !== null) clearTimeout(this.#settle);
    this.#folders.clear();
    this.#links = this.#rescan = this.#settle = null;
    this.#attachments.stop();
    this.#resolver.close();
  }

  /** The pod behind a place in the kernel; null when it is not known. */
  podOf(scope: Scope): PodRef | null {
    return scope.type === 'interface' ? this.#byIndex.podAt(scope.ifindex) : this.#byCookie.podAt(scope.cookie);
  }

  /** Every interface that leads to a pod, with its name or why it has none. */
  get known(): readonly PodInterface[] {
    return this.#known;
  }

  /** Those of them that are watched. */
  get attached(): readonly PodInterface[] {
    return this.#attachments.attached;
  }

  get cnis(): readonly DetectedCni[] {
    return this.#resolver.detected;
  }

  get sources(): readonly SourceState[] {
    return this.#resolver.states;
  }

  #soon(): void {
    if (this.#links === null) return;
    this.#settle ??= setTimeout(() => {
      this.#settle = null;
      try {
        this.scan();
      } catch (error) {
        this.#complain('scan', { reason: messageOf(error) });
      }
    }, this.#restMs);
  }

  /** Compares what there is with what is known. Problems are logged once and tried again with the next news. */
  scan(): void {
    const started = performance.now();
    for (const folder of this.#options.cniResults) this.#watchFolder(folder);
    const newcomers = this.#resolver.newcomers();
    for (const [cookie, pod] of newcomers) this.#byCookie.see(cookie, pod, this.#clock.now());
    this.#namespaces = new Set([...this.#namespaces, ...newcomers.keys()]);
    const gone = new Set(this.#links === null ? [] : native.takeGoneLinks(this.#links));
    const links = native.listLinks();
    this.#close(gone, links);
    const { interfaces: joined, namespaces, problems } = this.#resolver.resolve(links, gone);
    const interfaces = this.#lasting(joined);
    for (const { what, message } of problems) this.#complain(what, { source: what, reason: message });
    const now = this.#clock.now();
    for (const [cookie, { pod }] of namespaces) this.#byCookie.see(cookie, pod, now);
    this.#learn(interfaces, now);
    this.#namespacesAre(new Set(namespaces.keys()));
    this.#forgetBefore(now - this.#options.rememberMs);
    const ms = performance.now() - started;
    this.#restMs = Math.min(Math.max(settleMs, ms), longestRestMs);
    this.#log.debug({ interfaces: interfaces.length, ms }, 'interfaces joined');
    this.#attachments.show(interfaces, this.#scanned);
    this.#scanned = true;
  }

  /**
   * Those that were there all the time that it took to join them. The id of a namespace is used again once the namespace
   * and the links into it are gone: it means the same before and after only by a link that stays.
   */
  #lasting(joined: readonly PodInterface[]): readonly PodInterface[] {
    const before = new Map(this.#known.map((each) => [each.ifindex, each]));
    const isNew = ({ ifindex, nsid, cookie }: PodInterface) => {
      const known = before.get(ifindex);
      return known === undefined || known.nsid !== nsid || known.cookie !== cookie;
    };
    if (!joined.some(isNew)) return joined;
    const nsids = new Map(native.listLinks().map(({ ifindex, peerNsid }) => [ifindex, peerNsid]));
    const lasting = joined.filter(({ ifindex, nsid }) => nsids.get(ifindex) === nsid);
    if (lasting.length < joined.length) this.#soon();
    return lasting;
  }

  /** An index that was not there, or went meanwhile, is another link's than the one that is remembered. */
  #close(gone: ReadonlySet<number>, links: readonly Link[]): void {
    const known = new Set(this.#known.map(({ ifindex }) => ifindex));
    for (const { ifindex } of links) {
      if (gone.has(ifindex) && known.has(ifindex)) this.#attachments.release(ifindex);
      else if (known.has(ifindex) || !this.#scanned) continue;
      if (this.#byIndex.podAt(ifindex) === null && !this.#lastSeen.has(ifindex)) continue;
      this.#onReuse({ type: 'interface', ifindex });
      this.#byIndex.forget(ifindex);
    }
  }

  #learn(interfaces: readonly PodInterface[], now: UnixMs): void {
    const before = new Map(this.#known.map((each) => [each.ifindex, each.resolution.state]));
    for (const { ifindex, name, cookie, resolution } of interfaces) {
      this.#lastSeen.set(ifindex, now);
      if (isInDoubt(resolution)) {
        this.#byIndex.forget(ifindex);
        this.#byCookie.forget(cookie);
      }
      if (resolution.state === 'unresolved') continue;
      const { pod, means } = resolution;
      this.#byIndex.see(ifindex, pod, now);
      if (cookie !== 0n) this.#byCookie.see(cookie, pod, now);
      if (before.get(ifindex) !== 'resolved') {
        this.#log.debug({ interface: name, ifindex, pod: `${pod.namespace}/${pod.name}`, means }, 'interface named');
      }
    }
    this.#known = interfaces;
  }

  #forgetBefore(unixMs: UnixMs): void {
    this.#byIndex.forgetBefore(unixMs);
    this.#byCookie.forgetBefore(unixMs);
    for (const [ifindex, seenUnixMs] of this.#lastSeen) if (seenUnixMs < unixMs) this.#lastSeen.delete(ifindex);
  }

  #namespacesAre(current: ReadonlySet<bigint>): void {
    for (const cookie of this.#namespaces) if (!current.has(cookie)) this.#source.namespaceGone(cookie);
    this.#namespaces = current;
  }

  /** The cache's folder may appear after us; its news come faster than the next rescan. */
  #watchFolder(folder: string): void {
    if (this.#folders.has(folder)) return;
    try {
      const watcher = watch(folder, () => this.#soon());
      watcher.on('error', () => {
        watcher.close();
        this.#folders.delete(folder);
      });
      this.#folders.set(folder, watcher);
    } catch {
      // That none of the folders is there is a problem that the reading tells.
    }
  }

  #complain(key: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#complaints.has(key)) return;
    if (this.#complaints.size > maxComplaints) this.#complaints.clear();
    this.#complaints.add(key);
    this.#log.warn(fields, 'pod interface not resolved');
  }
}
