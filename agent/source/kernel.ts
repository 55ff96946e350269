import { WeirError } from '../../core/errors.ts';
import type { Losses } from '../../core/flow.ts';
import type { Milliseconds } from '../../core/time.ts';
import {
  type CaptureHandle,
  type EdgeMap,
  isNativeError,
  type NamespaceLook,
  native,
  type Origin,
} from '../../native/native.ts';
import { dropEdges, type MapDecoder, packetEdges, socketEdges, translatedEdges } from './decode.ts';
import { DeltaTable, type EntryDelta, type KnownEntry } from './deltas.ts';
import { dnsPayloads } from './dns-payloads.ts';
import { type FeatureName, kernelFeatures } from './features.ts';
import { GoneScopes } from './gone-scopes.ts';
import { statistics } from './layout.ts';
import { type CaptureSizes, openCapture } from './open.ts';
import { OverflowTable } from './overflow.ts';
import { type InhabitedNamespace, inhabitedNamespaces } from './processes.ts';
import { dropReasons } from './reasons.ts';
import type { DnsPayload, Drained, Feature, PodLink, Scope, Source, SourceEdge } from './source.ts';

const nsPerMs = 1_000_000;
/** Longer than a TCP handshake can take (tcp_syn_retries). */
const translationMs = 130_000;
/** A ring is read so often that what a window brings need not fit into it. */
const pollMs = 100;
/** Bytes that find_sockets writes for each. */
const foundSize = 4;
/** How many DNS payloads wait to be asked for. */
const maxDnsPayloads = 4096;
/** Each is an open file for a moment. */
const namespacesAtOnce = 256;
/** How many edges that found their map full are kept for one window: a multiple of the map, or this if it is more. */
const overflowFactor = 4;
const leastOverflowEdges = 65_536;

export interface KernelSourceOptions extends CaptureSizes {
  /** An entry that gained nothing for so long is taken out of the kernel. Longer than a UDP conversation may pause. */
  readonly idleMs: Milliseconds;
  /** Likewise in a namespace that nobody knows the pod of: when it goes is not heard. Nothing rests on such an entry. */
  readonly strangerMs: Milliseconds;
  /** Features that are not to be used. */
  readonly without: readonly FeatureName[];
  /** Folder in a BPF file system that keeps the capture between starts. */
  readonly pins: string;
}

interface EdgeTable {
  readonly map: EdgeMap;
  readonly decoder: MapDecoder;
  readonly deltas: DeltaTable;
}

/** Where the last drain ended. */
interface KernelState {
  readonly captureId: bigint;
  readonly tables: readonly (readonly KnownEntry[])[];
  readonly statistics: readonly number[];
  /** Not in a window yet. */
  readonly losses: Losses;
}

/** How the capture began. */
export interface Beginning {
  readonly origin: Origin;
  /** An earlier start's capture is lost, with what it saw since its last window. */
  readonly interrupted: boolean;
  /** Connections that were open already, and how long it took to find them. */
  readonly sockets: number;
  /** Why those of them that the node translates keep the address that their pod sees; empty when they do not. */
  readonly untranslated: string;
  readonly ms: Milliseconds;
}

/** Captures through eBPF. The network namespace that the process is in is the node's. */
export class KernelSource implements Source {
  readonly #capture: CaptureHandle;
  readonly #tables: readonly EdgeTable[];
  readonly #overflow: OverflowTable;
  readonly #gone: GoneScopes;
  readonly #idleNs: number;
  readonly #strangerNs: number;
  readonly #features: Map<FeatureName, Feature>;
  readonly #adopted: ReadonlySet<number>;
  readonly #poll: NodeJS.Timeout;
  readonly beginning: Beginning;
  #statistics: readonly number[];
  #losses: Record<string, number> = {};
  #dns: DnsPayload[] = [];
  #dnsLost = 0;
  /** What entries gained between the last drain and their removal. */
  #late: SourceEdge[] = [];

  /**
   * @param state of the last window that an earlier start kept, as `state()` gave it; null when there is none
   * @throws WeirError CAPTURE_NO_BTF, CAPTURE_KERNEL_TOO_OLD, CAPTURE_NO_PERMISSION, CAPTURE_LOAD, CAPTURE_ATTACH
   */
  constructor(options: KernelSourceOptions, state: unknown) {
    this.#features = kernelFeatures(options.without);
    const reasons = dropReasons();
    const pins = this.#has('pinning') ? options.pins : '';
    const opened = openCapture({ ...options, features: this.#features, ignoredReasons: reasons.ignored, pins });
    if (opened.unpinned !== '') this.#turnOff('pinning', `${opened.unpinned}; events between two starts are not seen`);
    this.#capture = opened.capture;
    this.#idleNs = options.idleMs * nsPerMs;
    this.#strangerNs = options.strangerMs * nsPerMs;
    const table = (map: EdgeMap, decoder: MapDecoder) => ({ map, decoder, deltas: new DeltaTable(decoder.layout) });
    this.#tables = [
      table('socket_edges', socketEdges),
      table('packet_edges', packetEdges),
      table('drop_edges', dropEdges(reasons.names)),
      table('translated_edges', translatedEdges),
    ];
    const layouts = this.#tables.map(({ decoder }) => decoder.layout);
    const maxOverflowEdges = Math.max(options.maxPacketEdges * overflowFactor, leastOverflowEdges);
    this.#overflow = new OverflowTable(layouts, maxOverflowEdges);
    this.#gone = new GoneScopes();
    this.#adopted = new Set(native.attachedInterfaces(this.#capture));
    const { origin, captureId } = native.captureOrigin(this.#capture);
    this.#statistics = native.readStatistics(this.#capture);
    const interrupted = !this.#goOn(origin, captureId, state as KernelState | null);
    if (interrupted) this.#losses['capture-restart'] = 1;
    this.#attachTracing();
    this.beginning = { origin, interrupted, ...this.#findSockets(origin === 'fresh') };
    this.#poll = setInterval(() => this.#readRings(), pollMs);
    this.#poll.unref();
  }

  get features(): readonly Feature[] {
    return [...this.#features.values()];
  }

  #has(name: FeatureName): boolean {
    return this.#features.get(name)?.active === true;
  }

  /** Whether open sockets can be walked. */
  get #walksSockets(): boolean {
    return this.#has('iterators') && this.#has('tp-btf');
  }

  #turnOff(name: FeatureName, reason: string): void {
    this.#features.set(name, { name, active: false, reason });
  }

  /** Goes on where an earlier start ended. @returns false when something that it saw can have been lost */
  #goOn(origin: Origin, captureId: bigint, state: KernelState | null): boolean {
    if (origin === 'fresh') return state === null;
    const known = state !== null && state.captureId === captureId;
    const nowNs = Number(process.hrtime.bigint());
    for (const [i, { map, deltas }] of this.#tables.entries()) {
      const entries = native.readMap(this.#capture, map);
      if (known) deltas.restore(state.tables[i] ?? [], entries, nowNs);
      // What is in the maps may have been told or not: told twice would be worse, and the gap is known.
      else deltas.read(entries, nowNs);
    }
    if (!known) return false;
    this.#statistics = state.statistics;
    this.#losses = { ...state.losses };
    return true;
  }

  #attachTracing(): void {
    const drops = this.#has('drop-reasons') ? [{ program: 'on_drop', slot: 'drops' } as const] : [];
    const sockets = this.#has('tp-btf') ? 'on_tcp_state' : 'on_tcp_state_raw';
    try {
      native.attachTracing(this.#capture, [{ program: sockets, slot: 'tcp-state' }, ...drops]);
    } catch (error) {
      if (!isNativeError(error)) throw error;
      this.close();
      throw new WeirError('CAPTURE_ATTACH', error.message, { cause: error });
    }
  }

  /** The hooks are attached: a connection is found here or told by them, and one that both see counts once. */
  #findSockets(fresh: boolean): Pick<Beginning, 'sockets' | 'untranslated' | 'ms'> {
    const start = performance.now();
    const untranslated = fresh && this.#walksSockets ? this.#noteTranslations() : '';
    const found = this.#walksSockets ? native.runIterator(this.#capture, 'find_sockets').length : 0;
    native.endSearch(this.#capture);
    native.sweepTranslations(this.#capture, 1n);
    return { sockets: found / foundSize, untranslated, ms: performance.now() - start };
  }

  /** @returns why connections that are open keep the address that their pod sees; empty when they do not */
  #noteTranslations(): string {
    if (!this.#has('address-translation')) return '';
    try {
      const { noted, left } = native.noteTranslations(this.#capture);
      return left === 0 ? '' : `there was room for ${noted} of ${noted + left}`;
    } catch (error) {
      if (!isNativeError(error)) throw error;
      return error.message;
    }
  }

  #readRings(): void {
    this.#overflow.add(native.drainRing(this.#capture, 'overflow'));
    if (!this.#has('dns-names')) return;
    const payloads = dnsPayloads(native.drainRing(this.#capture, 'dns_answers'));
    const room = maxDnsPayloads - this.#dns.length;
    this.#dns.push(...payloads.slice(0, room));
    this.#dnsLost += Math.max(0, payloads.length - room);
  }

  drain(): Drained {
    if (this.#walksSockets) {
      native.runIterator(this.#capture, 'find_sockets');
      native.runIterator(this.#capture, 'sample_sockets');
    }
    this.#readRings();
    const nowNs = Number(process.hrtime.bigint());
    const overflow = this.#overflow.drain();
    const edges = this.#late;
    this.#late = [];
    for (const [i, table] of this.#tables.entries()) {
      const deltas = table.deltas.read(native.readMap(this.#capture, table.map), nowNs);
      edges.push(...this.#decode(table, [...deltas, ...(overflow.deltas[i] ?? [])]));
    }
    this.#count('overflow-table-full', overflow.lost);
    this.#countStatistics();
    const losses = this.#losses;
    this.#losses = {};
    return { edges, losses };
  }

  #decode({ decoder }: EdgeTable, deltas: readonly EntryDelta[]): SourceEdge[] {
    const offsetMs = Date.now() - Number(process.hrtime.bigint()) / nsPerMs;
    return deltas.map((delta) => decoder.decode(delta, (monoNs) => Math.round(monoNs / nsPerMs + offsetMs)));
  }

  #count(stage: string, events: number): void {
    if (events > 0) this.#losses[stage] = (this.#losses[stage] ?? 0) + events;
  }

  #countStatistics(): void {
    const before = this.#statistics;
    this.#statistics = native.readStatistics(this.#capture);
    for (const [i, { name, gap }] of statistics.entries()) {
      if (gap) this.#count(name, (this.#statistics[i] ?? 0) - (before[i] ?? 0));
    }
  }

  release(isKnown: (scope: Scope) => boolean): void {
    const nowNs = Number(process.hrtime.bigint());
    for (const table of this.#tables) {
      const { map, decoder, deltas } = table;
      const free = deltas.keysToFree((key, changedNs) => {
        if (changedNs < nowNs - this.#idleNs) return true;
        const scope = decoder.scopeOf(key);
        if (this.#gone.has(scope)) return true;
        // Of an interface it is always heard when it goes.
        return scope.type === 'namespace' && changedNs < nowNs - this.#strangerNs && !isKnown(scope);
      });
      if (free.length === 0) continue;
      this.#late.push(...this.#decode(table, deltas.forget(native.takeEntries(this.#capture, map, free), nowNs)));
    }
    this.#gone.forget();
    native.sweepTranslations(this.#capture, BigInt(Math.max(0, nowNs - translationMs * nsPerMs)));
  }

  state(): KernelState {
    const { captureId } = native.captureOrigin(this.#capture);
    const tables = this.#tables.map(({ deltas }) => deltas.state());
    return { captureId, tables, statistics: this.#statistics, losses: this.#losses };
  }

  dnsPayloads(): readonly DnsPayload[] {
    const payloads = this.#dns;
    this.#dns = [];
    return payloads;
  }

  attach({ ifindex, cookie, nsid, appeared }: PodLink): void {
    // What an earlier start watched has been watched all the time.
    const watchedBefore = this.#adopted.has(ifindex);
    const behind = {
      cookie,
      nsid,
      sinceNs: watchedBefore ? 0n : process.hrtime.bigint(),
      bornWatched: watchedBefore || appeared,
    };
    if (native.attachInterface(this.#capture, ifindex, behind, this.#has('tcx'))) this.#count('capture-restart', 1);
    this.#gone.back({ type: 'interface', ifindex });
  }

  detach(ifindex: number): void {
    native.detachInterface(this.#capture, ifindex);
    this.#gone.add({ type: 'interface', ifindex });
  }

  attached(): readonly number[] {
    return native.attachedInterfaces(this.#capture);
  }

  namespaceGone(cookie: bigint): void {
    this.#gone.add({ type: 'namespace', cookie });
  }

  lookAtNamespaces(paths: readonly string[]): readonly NamespaceLook[] {
    const looks: NamespaceLook[] = [];
    for (let at = 0; at < paths.length; at += namespacesAtOnce) {
      looks.push(...native.lookAtNamespaces(paths.slice(at, at + namespacesAtOnce), this.#iterating));
    }
    return looks;
  }

  inhabitedNamespaces(): readonly InhabitedNamespace[] {
    return inhabitedNamespaces(this.#iterating);
  }

  /** What the kernel's iterators can be run with; null without them. */
  get #iterating(): CaptureHandle | null {
    return this.#has('iterators') ? this.#capture : null;
  }

  statistics(): Readonly<Record<string, number>> {
    const sums = native.readStatistics(this.#capture);
    const named = Object.fromEntries(statistics.map(({ name }, i) => [name, sums[i] ?? 0]));
    return { ...named, 'dns-answers-lost': (named['dns-answers-lost'] ?? 0) + this.#dnsLost };
  }

  mapEntries(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#tables.map(({ map, deltas }) => [map, deltas.size]));
  }

  /** Detaches everything, also what an earlier start left, and removes what is pinned. */
  removePins(): void {
    native.removePins(this.#capture);
  }

  /** Lets go; what is pinned goes on. */
  close(): void {
    clearInterval(this.#poll);
    native.closeCapture(this.#capture);
  }
}
