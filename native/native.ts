import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { existsSync } from 'node:fs';

/** A loaded BPF object with everything that it attached. Opaque; close it with closeCapture. */
export interface CaptureHandle {
  readonly __brand: 'CaptureHandle';
}

/** A running watch on the links of a network namespace. Opaque; end it with unwatchLinks. */
export interface LinkWatchHandle {
  readonly __brand: 'LinkWatchHandle';
}

export interface CaptureOptions {
  /** Path of weir.bpf.o. */
  readonly objectPath: string;
  /** Programs to load: those whose hooks this kernel has. */
  readonly programs: readonly Program[];
  /** Cookie of the node's network namespace: its own sockets are no pod's. */
  readonly nodeCookie: bigint;
  /** Numbers of drop reasons (enum skb_drop_reason) that say nothing of the network. */
  readonly ignoredReasons: readonly number[];
  /** Whether DNS answers are handed up. */
  readonly dnsAnswers: boolean;
  /** Whether connection tracking is asked for who spoke first, and who is behind a translated address. */
  readonly conntrack: boolean;
  /** Sizes of the kernel's maps in entries; bpf/maps.h says what an entry costs. */
  readonly socketEdges: number;
  readonly packetEdges: number;
  readonly dropEdges: number;
  readonly interfaces: number;
  /** Sizes of the ring buffers: powers of two, a page at least. */
  readonly overflowRingBytes: number;
  readonly dnsRingBytes: number;
  /** Folder in a BPF file system that keeps everything when the process ends; empty to keep nothing. */
  readonly pins: string;
  /** Of the maps if they are made now: a number that no other capture has. */
  readonly captureId: bigint;
  /** What is pinned is taken over when both are equal, its maps alone when the layout is, and replaced otherwise. */
  readonly layoutId: bigint;
  readonly programId: bigint;
}

export type TracingProgram = 'on_tcp_state' | 'on_tcp_state_raw' | 'on_drop';
export type PacketProgram = 'on_packet' | 'on_packet_from_pod' | 'on_packet_to_pod';
export type IteratorProgram = 'find_sockets' | 'find_namespaces' | 'find_processes' | 'sample_sockets';
export type Program = TracingProgram | PacketProgram | IteratorProgram;
export type EdgeMap = 'socket_edges' | 'packet_edges' | 'drop_edges' | 'translated_edges';
export type Ring = 'overflow' | 'dns_answers';

/** How a capture came to be: new, with the maps of an earlier process, or as an earlier process left all of it. */
export type Origin = 'fresh' | 'maps-kept' | 'taken-over';

/** What is told to the kernel side of an interface. */
export interface Behind {
  /** Cookie of the namespace behind it; 0n while that is not known. */
  readonly cookie: bigint;
  /** CLOCK_MONOTONIC nanoseconds at which it came to be watched. */
  readonly sinceNs: bigint;
  /** Id of the namespace behind it as the node's namespace knows it; -1 when there is none. */
  readonly nsid: number;
  /** It was watched before its pod could say anything. */
  readonly bornWatched: boolean;
}

export interface Link {
  readonly ifindex: number;
  readonly name: string;
  /** Such as veth or netkit; empty for a physical device. */
  readonly kind: string;
  /** Index of the other end in its own namespace; 0 when there is none. */
  readonly peerIfindex: number;
  /** Id under which the current namespace knows that of the other end; -1 when both ends are in one, or there is none. */
  readonly peerNsid: number;
}

export interface NamespaceIds {
  /** Unique for the life of the kernel and never used again. */
  readonly cookie: bigint;
  /** What Link.peerNsid of a link into that namespace says; -1 when there is no such link yet. */
  readonly nsid: number;
}

export interface NamespaceLook extends NamespaceIds {
  /** Why the ids could not be told, which are then without meaning; empty when they could. */
  readonly problem: string;
}

export interface StructLayout {
  readonly size: number;
  readonly members: Readonly<Record<string, { readonly offset: number; readonly size: number }>>;
}

/**
 * What every function below throws when the kernel refuses: `errno` as in errno(3), `code` its name, `op` what was
 * tried, `detail` the last lines that libbpf or the verifier had to say, or a path.
 */
export interface NativeError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly op: string;
  readonly detail: string;
}

export function isNativeError(thrown: unknown): thrown is NativeError {
  return thrown instanceof Error && 'errno' in thrown && 'op' in thrown;
}

/** The addon's whole surface. */
interface Addon {
  /** Loads the object, or takes over what is pinned. What is pinned and attached goes on; nothing new is attached yet. */
  openCapture(options: CaptureOptions): CaptureHandle;
  /** Lets go: what is pinned goes on, all else is detached and freed. Calling it again does nothing. */
  closeCapture(capture: CaptureHandle): void;
  /** Detaches everything and removes what is pinned. */
  removePins(capture: CaptureHandle): void;
  captureOrigin(capture: CaptureHandle): { readonly origin: Origin; readonly captureId: bigint };
  /** Attaches tracing programs, which from then on count in place of those that are pinned in their slots. */
  attachTracing(
    capture: CaptureHandle,
    programs: readonly { readonly program: TracingProgram; readonly slot: string }[],
  ): void;
  /** To be called once find_sockets has run on a new capture. */
  endSearch(capture: CaptureHandle): void;
  /**
   * Attaches the packet programs, first in the chain, to an interface of the current network namespace; on one that is
   * attached already only what is told of it is replaced. @param tcx by tcx links, else by filters of clsact
   * @returns whether packets went by unseen, because an earlier process had attached them the other way
   */
  attachInterface(capture: CaptureHandle, ifindex: number, behind: Behind, tcx: boolean): boolean;
  /** Does nothing for an interface that is not attached. */
  detachInterface(capture: CaptureHandle, ifindex: number): void;
  /** Those of an earlier process included. */
  attachedInterfaces(capture: CaptureHandle): number[];
  /** All entries of a map: key and value bytes one after the other, laid out as bpf/weir.h says. */
  readMap(capture: CaptureHandle, map: EdgeMap): Buffer;
  /** Removes the entries with these keys (one after the other) and gives them as they were last, like readMap. */
  takeEntries(capture: CaptureHandle, map: EdgeMap, keys: Uint8Array): Buffer;
  /** Takes out what a ring buffer holds, record after record. A DNS answer ends with the payload that was copied. */
  drainRing(capture: CaptureHandle, ring: Ring): Buffer;
  /** Runs an iterator to its end and gives what it wrote. */
  runIterator(capture: CaptureHandle, program: IteratorProgram): Buffer;
  /**
   * Notes what the node translates of the TCP connections that are open, for find_sockets on a new capture. What then
   * remains has no time, and is swept with it.
   */
  noteTranslations(capture: CaptureHandle): { readonly noted: number; readonly left: number };
  /** Removes translations that no socket asked for. @param beforeNs CLOCK_MONOTONIC @returns how many */
  sweepTranslations(capture: CaptureHandle, beforeNs: bigint): number;
  /** Sums over all CPUs since the maps were made, in the order of `enum statistic`. */
  readStatistics(capture: CaptureHandle): number[];
  /** Runs a packet program on an Ethernet frame that goes nowhere. */
  testRun(
    capture: CaptureHandle,
    program: PacketProgram,
    frame: Uint8Array,
    repeat: number,
  ): { readonly verdict: number; readonly nsPerRun: number };
  /** All links of the current network namespace. */
  listLinks(): Link[];
  /** Calls back after links appeared, changed or went; several changes may be told as one. */
  watchLinks(onChange: () => void): LinkWatchHandle;
  /** Indexes of links that went since the last call, each once; 0 among them when some may be missing. */
  takeGoneLinks(watch: LinkWatchHandle): number[];
  unwatchLinks(watch: LinkWatchHandle): void;
  /**
   * @param paths files that hold namespaces open, such as /run/netns/NAME @returns a look for each, in their order
   * @param capture with the program find_namespaces; null to enter each namespace, which needs CAP_SYS_ADMIN
   */
  lookAtNamespaces(paths: readonly string[], capture: CaptureHandle | null): NamespaceLook[];
  /** What Link.peerNsid of a link into each process's namespace says; -1 when there is no such link, or no process. */
  processNamespaceIds(pids: readonly number[]): number[];
  /** Cookie of the network namespace that this process is in. */
  ownNamespaceCookie(): bigint;
  /** Names and values of an enumeration of the running kernel; empty when it has none of that name. */
  kernelEnum(name: string): Readonly<Record<string, number>>;
  /** Those of the names that are no type of the running kernel without its modules. */
  kernelLacksTypes(names: readonly string[]): string[];
  /** Layout of a structure in a BPF object file, from its type information. */
  structLayout(objectPath: string, name: string): StructLayout;
  /** Capabilities that this process may use, a bit each as in linux/capability.h. */
  permittedCapabilities(): bigint;
  /** Runs a command in place of this process with no more than these capabilities. Returns only by throwing. */
  restrictAndExec(capabilities: bigint, command: readonly string[]): never;
}

/** The built files, found from the source tree and from the compiled one alike. */
function buildFolder(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'native', 'build');
    if (existsSync(join(candidate, 'Release', 'weir_native.node'))) return candidate;
  }
  throw new Error('native/build/Release/weir_native.node is not built: run `npm run setup`');
}

const folder = buildFolder();

/** Path of the compiled BPF programs. */
export const bpfObjectPath = join(folder, 'weir.bpf.o');

export const native: Addon = createRequire(import.meta.url)(join(folder, 'Release', 'weir_native.node')) as Addon;
