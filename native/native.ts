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
  /** Cookie of the node's network namespace: its own sockets are no pod's. */
  readonly nodeCookie: bigint;
  /** Sizes of the kernel's maps in entries; bpf/maps.h says what an entry costs. */
  readonly socketEdges: number;
  readonly packetEdges: number;
  readonly dropEdges: number;
  readonly interfaces: number;
}

export type TracingProgram = 'on_tcp_state' | 'on_drop';
export type PacketProgram = 'on_packet_from_pod' | 'on_packet_to_pod';
export type EdgeMap = 'socket_edges' | 'packet_edges' | 'drop_edges';

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
  /** Loads the object; nothing is attached yet. */
  openCapture(options: CaptureOptions): CaptureHandle;
  /** Detaches everything and frees the maps. Calling it again does nothing. */
  closeCapture(capture: CaptureHandle): void;
  attachTracing(capture: CaptureHandle, program: TracingProgram): void;
  /**
   * Attaches the packet programs, first in the chain, to an interface of the current network namespace; on one that is
   * attached already only the cookie is set. @param podCookie of the namespace behind it, 0n while that is not known
   */
  attachInterface(capture: CaptureHandle, ifindex: number, podCookie: bigint): void;
  /** Does nothing for an interface that is not attached. */
  detachInterface(capture: CaptureHandle, ifindex: number): void;
  /** All entries of a map: key and value bytes one after the other, laid out as bpf/weir.h says. */
  readMap(capture: CaptureHandle, map: EdgeMap): Buffer;
  /** Removes the entries with these keys (one after the other) and gives them as they were last, like readMap. */
  takeEntries(capture: CaptureHandle, map: EdgeMap, keys: Uint8Array): Buffer;
  /** Sums over all CPUs since loading, in the order of `enum statistic`. */
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
  unwatchLinks(watch: LinkWatchHandle): void;
  /** @param path a file that holds the namespace open, such as /run/netns/NAME */
  namespaceIds(path: string): NamespaceIds;
  /** Cookie of the network namespace that this process is in. */
  ownNamespaceCookie(): bigint;
  /** Names and values of an enumeration of the running kernel; empty when it has none of that name. */
  kernelEnum(name: string): Readonly<Record<string, number>>;
  /** Layout of a structure in a BPF object file, from its type information. */
  structLayout(objectPath: string, name: string): StructLayout;
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
